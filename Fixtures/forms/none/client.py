"""Asks EC2 for the health of instances."""
import boto3

timeout = 30
bind = "0.0.0.0:9000"


def impaired(ids):
    answer = boto3.client("ec2").describe_instance_status(InstanceIds=ids)
    for status in answer["InstanceStatuses"]:
        if status["SystemStatus"]["Status"] != "ok":
            yield status["InstanceId"]
    used_memory = 0
    for point in answer.get("Datapoints", []):
        used_memory += point["Maximum"]


EXAMPLE = {
    "InstanceStatuses": [
        {"InstanceId": "i-0aa11bb22cc33dd44", "SystemStatus": {"Status": "impaired"}},
    ]
}
