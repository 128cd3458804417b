"""A usual Lambda function in Python with boto3, run by AWS's own runtime interface client. It makes the calls that its
environment lists, one after the other, as the step in Rust does.

It imports boto3 and creates clients as the documentation of boto3 shows, without changes for or against speed.
"""

import json
import os

import boto3
from botocore.exceptions import ClientError

CALLS = json.loads(os.environ["BENCH_CALLS"])
CLIENTS = {}


def client(service, region):
    if (service, region) not in CLIENTS:
        CLIENTS[service, region] = boto3.client(service, region_name=region)
    return CLIENTS[service, region]


def handler(event, context):
    answers = []
    for call in CALLS:
        try:
            operation = getattr(client(call["service"], call["region"]), call["operation"])
            answers.append(len(operation(**call["parameters"])))
        except ClientError as error:
            answers.append(error.response["Error"]["Code"])
    return {"status": "done", "answers": answers}
