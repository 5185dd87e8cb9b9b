"""Advice: what the person at fault, their teacher and support can do about a cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.i18n.messages import Message, message


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about a cause, for each reader.

    `person` is for whoever has the fault (and can be forwarded to a student unchanged),
    `teacher` for a teacher whose student has it, `support` for whoever works on the ticket.
    """

    person: Message
    teacher: Message
    support: Message


WIFI: Final = Advice(
    message("Move closer to the router, or plug in a network cable."),
    message("Ask the student to move closer to the router, or to plug in a cable."),
    message("Their Wi-Fi signal is weak; look at earlier tickets about the same person."),
)
NETWORK: Final = Advice(
    message("Stop downloads and other video, and plug in a network cable if you can."),
    message("Ask the student to stop downloads and other video, and to use a cable or 4G/5G."),
    message("Compare with other tickets of this hour: one network, one region, or one person?"),
)
OFFLINE: Final = Advice(
    message("Check the cable and the router; if it breaks off again, use 4G/5G."),
    message("Ask the student to check the cable and the router, or to use 4G/5G."),
    message("Compare with other tickets of this hour: one network, one region, or one person?"),
)
BANDWIDTH: Final = Advice(
    message("Stop downloads and other video on this network; if it still freezes, turn video off."),
    message("Ask the student to stop downloads and other video at home, or to use 4G/5G."),
    message("Ask for the result of a speed test; a lower resolution needs less bandwidth."),
)
CONCEALED: Final = Advice(
    message("Listen with a headset, and use a cable or move closer to the router."),
    message("Speak in short sentences, and ask the student to use a cable or 4G/5G."),
    message("Much sound was filled in and nothing else stood out; ask whether it was robotic."),
)
DECODER: Final = Advice(
    message("Keep the class in the foreground and close other programs, or use another device."),
    message("Ask the student to keep the class in the foreground and to close other programs."),
    message("Ask whether the class was in the background; if not, note the device model."),
)
ROUTE: Final = Advice(
    message("Probably not your network. Leave the class and join again; mobile data may help."),
    message("Probably neither of you is the reason. Leave the class together and join again."),
    message("Look for other calls of this time and region, and send them to the cloud's support."),
)
STABLE_NETWORK: Final = Advice(
    message("Stay on one network, and switch off proxy and VPN during class."),
    message("Ask the student to stay on one network, without proxy and VPN."),
    message("If it happens again, ask for the network's name and whether a VPN is in use."),
)
REJOIN: Final = Advice(
    message("Leave the class and join again."),
    message("Ask the student to leave the class and join again."),
    message("If joining again does not help, send the code and the time to the developers."),
)
DEVICE: Final = Advice(
    message("Close other programs and browser tabs, or use another device."),
    message("Ask the student to close other programs, or to use another device."),
    message("Note the device model; an old device may need a lower video resolution."),
)
BUSY_DEVICE: Final = Advice(
    message("Close other programs that use the microphone or the camera."),
    message("Ask the student to close other programs that use microphone or camera."),
    message("Ask which other meeting program was open."),
)
SWITCH: Final = Advice(
    message("Turn on the microphone and camera, in the class and in the system settings."),
    message("Ask the student to turn on the microphone and camera, and to allow access to them."),
    message("Ask whether it was switched off on purpose before looking further."),
)
NO_SOUND: Final = Advice(
    message("Check whether microphone, speaker and headset are the right ones and not muted."),
    message("Check with the student that microphone and speaker are the right ones and not muted."),
    message("Ask who could not hear whom, and which headset was in use."),
)
BACKGROUND: Final = Advice(
    message("Bring the class to the foreground; if that does not help, leave and join again."),
    message("Ask the student to bring the class to the foreground, or to leave and join again."),
    message("Ask whether the class was in the background, or somebody called the phone."),
)
ONE_DEVICE: Final = Advice(
    message("Leave the class on every device but one."),
    message("Ask the student to leave the class on every device but one."),
    message("Check whether two people share one account."),
)
BROWSER: Final = Advice(
    message("Update the browser, or use the app."),
    message("Ask the student to update the browser, or to use the app."),
    message(
        "Note the browser and its version; send them to the developers if others have "
        "the problem too."
    ),
)
CLOCK: Final = Advice(
    message("Turn on automatic time on the device, then join again."),
    message("Ask the student to turn on automatic time on the device, then join again."),
    message("If the device's clock is minutes off, every token is invalid."),
)
REMOVED: Final = Advice(
    message("Join again; if you are removed again, tell support."),
    message("Let the student join again, and find out who removed them."),
    message("Find out who removed the person, or whether a rule did."),
)
DEVELOPERS: Final = Advice(
    message("There is nothing you can do about it; tell support."),
    message("Neither of you can fix this; tell support."),
    message("Send this to the developers of the app, with the code and the time."),
)
CLOUD: Final = Advice(
    message("Leave the class and join again in a minute."),
    message("Leave the class together and join again in a minute."),
    message("Send this to the cloud's support, with the channel and the time."),
)
AGAIN: Final = Advice(
    message("If it happens again, report it right away, while it is still happening."),
    message("If it happens again, report it right away, while it is still happening."),
    message('Press "Diagnose again" later, and ask what was seen or heard.'),
)
