"""Messages for documented error codes and HTTP statuses, each with the next step to take.

Sources: Huawei SparkRTC, tables 14-1 (statuses) and 14.2 (error codes) and the samples of
chapter 13; Volcengine's common gateway codes. Any other code is displayed as it is.
"""

from __future__ import annotations

from typing import Final

from bot.setting_reader import N_

_MALFORMED_REQUEST: Final = N_(
    "%(cloud)s rejected the request as malformed (%(endpoint)s, code %(code)s). Nothing you "
    "entered caused this: tell whoever runs Lagdesk."
)
_CHANGE_REFUSED: Final = N_(
    "%(cloud)s refused this change (%(endpoint)s, code %(code)s). Lagdesk does not manage "
    "apps or recording rules: check the %(cloud)s console."
)
_CLOUD_FAILURE: Final = N_(
    "%(cloud)s had an internal error (%(endpoint)s, code %(code)s). Try again in a minute; "
    "if it persists, open a support ticket with %(cloud)s and quote this code."
)
_BY_CODE: Final[dict[str, dict[str, str]]] = {
    "huawei": {
        "RTC.00001002": _MALFORMED_REQUEST,
        "RTC.00001004": _MALFORMED_REQUEST,
        "RTC.00001005": _MALFORMED_REQUEST,
        "RTC.00001006": N_(
            "%(cloud)s is already running such a job (%(endpoint)s, code %(code)s). Wait "
            "until it ends, or stop it first."
        ),
        "RTC.00001007": N_(
            "This account already runs as many jobs as %(cloud)s allows (%(endpoint)s, code "
            "%(code)s). Wait until one ends, or ask %(cloud)s to raise the limit."
        ),
        "RTC.00001008": N_(
            "%(cloud)s has no such job (%(endpoint)s, code %(code)s). It may have been "
            "deleted; start a new one if it is still needed."
        ),
        "RTC.00001009": N_(
            "%(cloud)s has ended or cancelled this job (%(endpoint)s, code %(code)s). Start a new "
            "one if it is still needed."
        ),
        "RTC.00001010": N_(
            "%(cloud)s has no such layout template (%(endpoint)s, code %(code)s). Check the "
            "templates in its console."
        ),
        "RTC.00001011": N_(
            "%(cloud)s has no such recording rule (%(endpoint)s, code %(code)s). Check the "
            "recording rules in its console and in HUAWEI_RECORD_RULES."
        ),
        "RTC.00001012": N_(
            "%(cloud)s does not offer this in this region (%(endpoint)s, code %(code)s). "
            "Check the region of the recording rule and of the project."
        ),
        "RTC.00001013": _CHANGE_REFUSED,
        "RTC.00001014": N_(
            "%(cloud)s cannot find the bucket for recordings (%(endpoint)s, code %(code)s). "
            "Check the recording rule in its console."
        ),
        "RTC.00001015": N_(
            "%(cloud)s finds no such app in this account (%(endpoint)s, code %(code)s). "
            "Check the app id in the settings, and which account the key belongs to."
        ),
        "RTC.00001017": _CHANGE_REFUSED,
        "RTC.00001018": N_(
            "%(cloud)s cannot reach the callback address (%(endpoint)s, code %(code)s). "
            "Check that it can be reached from the internet."
        ),
        "RTC.00001019": _CHANGE_REFUSED,
        "RTC.00001020": _CHANGE_REFUSED,
        "RTC.00001022": N_(
            "%(cloud)s has not finished starting this job (%(endpoint)s, code %(code)s). Try again "
            "in a minute."
        ),
        **{f"RTC.0000200{number}": _CLOUD_FAILURE for number in range(1, 7)},
    },
    "volcengine": {
        **dict.fromkeys(("MissingParameter", "100002"), _MALFORMED_REQUEST),
        **dict.fromkeys(("MissingRequestInfo", "100004"), _MALFORMED_REQUEST),
    },
}
_REDIRECTED: Final = N_(
    "%(cloud)s returned a redirect (%(endpoint)s, code %(code)s). Check the address in the "
    "settings."
)
_BY_STATUS: Final[dict[int, str]] = {
    **dict.fromkeys((301, 302, 303, 307, 308), _REDIRECTED),
    **dict.fromkeys(
        (405, 406),
        N_(
            "%(cloud)s does not accept this kind of request (%(endpoint)s, code %(code)s). "
            "Check the address in the settings; if it is right, Lagdesk needs an update."
        ),
    ),
    407: N_(
        "A proxy on the way to %(cloud)s requires a password (%(endpoint)s, code %(code)s). "
        "Check HTTPS_PROXY on the machine that Lagdesk runs on."
    ),
    408: N_(
        "%(cloud)s timed out waiting for our request (%(endpoint)s, code %(code)s). Try again."
    ),
    409: N_(
        "%(cloud)s reports a conflict with something that already exists (%(endpoint)s, code "
        "%(code)s). Check its current state and try again."
    ),
}


def msgid_for(cloud: str, code: str, status: int) -> str | None:
    """Return the msgid of a code, else of a status; its placeholders: cloud, endpoint and code.

    None: neither has a documented meaning beyond that of its class of status.
    """
    return _BY_CODE.get(cloud, {}).get(code, _BY_STATUS.get(status))
