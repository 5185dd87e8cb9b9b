"""Huawei Cloud SparkRTC: its REST API of 2023-11. Its JSON goes no further than here."""

from bot.clouds.huawei.client import HuaweiClient
from bot.clouds.huawei.cloud import HuaweiCloud
from bot.clouds.huawei.credentials import AccessKeyCredentials, Credentials, IamTokenCredentials

__all__ = [
    "AccessKeyCredentials",
    "Credentials",
    "HuaweiClient",
    "HuaweiCloud",
    "IamTokenCredentials",
]
