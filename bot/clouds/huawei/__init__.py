"""Huawei Cloud SparkRTC: its REST API of 2023-11."""

from bot.clouds.huawei.client import HuaweiClient
from bot.clouds.huawei.cloud import HuaweiCloud, build_huawei
from bot.clouds.huawei.credentials import AccessKeyCredentials

__all__ = ["AccessKeyCredentials", "HuaweiClient", "HuaweiCloud", "build_huawei"]
