"""Huawei Cloud SparkRTC, simulated."""
