"""Runs the adapter's tests for EC2 and Route 53 against the simulator and against moto, both prepared alike.

usage: second_opinion.py DRS_FAILBACK
"""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import boto3
import moto.route53.models as route53_models
from botocore.config import Config
from moto.server import ThreadedMotoServer

from simulator import Simulator

REGION = "us-east-1"
NAME = "shop.example.com"
# Tests that differ on one of the two, and why. docs/simulator.md says what matters of it.
KNOWN: dict[str, dict[str, str]] = {"moto": {}, "simulator": {}}


def client(service: str, port: int) -> Any:
    return boto3.client(
        service,
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name=REGION,
        aws_access_key_id="opinion",
        aws_secret_access_key="opinion",
        config=Config(retries={"total_max_attempts": 1}),
    )


def prepared_simulator(simulator: Simulator) -> dict[str, Any]:
    """A1 runs, another A1 is stopped, and an A2 has a launch template."""
    port = int(simulator.url.rsplit(":", 1)[1])
    ec2, drs = client("ec2", port), client("drs", port)
    fleet = simulator.ask("")["servers"]
    simulator.advance(60)
    running, stopped, doomed = (server["a1"] for server in fleet[:3])
    ec2.stop_instances(InstanceIds=[stopped])
    away = boto3.client(
        "drs",
        endpoint_url=simulator.url,
        region_name="us-east-2",
        aws_access_key_id="opinion",
        aws_secret_access_key="opinion",
    )
    job = away.start_recovery(isDrill=True, sourceServers=[{"sourceServerID": fleet[0]["b1"]}])["job"]
    simulator.advance(3_600)
    recovered = away.describe_recovery_instances(filters={})["items"]
    [b2] = [found for found in recovered if found["jobID"] == job["jobID"]]
    away.reverse_replication(recoveryInstanceID=b2["recoveryInstanceID"])
    simulator.advance(60)
    a2 = simulator.ask("")["servers"][0]["a2"]
    template = drs.get_launch_configuration(sourceServerID=a2)["ec2LaunchTemplateID"]
    [found] = ec2.describe_instances(InstanceIds=[running])["Reservations"][0]["Instances"]
    return {
        "port": port,
        "running": running,
        "stopped": stopped,
        "doomed": doomed,
        "name": next(tag["Value"] for tag in found["Tags"] if tag["Key"] == "Name"),
        "subnet": found["SubnetId"],
        "group": found["SecurityGroups"][0]["GroupId"],
        "template": template,
        "zone": "Z0123456789ABCDEFGHIJ",
    }


def prepared_moto(port: int) -> dict[str, Any]:
    """The same in moto."""
    ec2, route53 = client("ec2", port), client("route53", port)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="shop", Description="shop", VpcId=vpc)["GroupId"]
    image = ec2.describe_images()["Images"][0]["ImageId"]

    def instance(name: str, **more: Any) -> str:
        tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}]
        made = ec2.run_instances(
            ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet, SecurityGroupIds=[group], TagSpecifications=tags, **more
        )
        return made["Instances"][0]["InstanceId"]

    running, stopped, doomed, protected = (instance(name) for name in ("web-1", "db-1", "app-1", "app-2"))
    ec2.modify_instance_attribute(InstanceId=protected, DisableApiTermination={"Value": True})
    ec2.stop_instances(InstanceIds=[stopped])
    template = ec2.create_launch_template(LaunchTemplateName="a2", LaunchTemplateData={"InstanceType": "m5.large"})
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"].split("/")[-1]
    record = {"Name": NAME, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    other = record | {"Name": f"www.{NAME}"}
    changes = [{"Action": "CREATE", "ResourceRecordSet": one} for one in (record, other)]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    return {
        "port": port,
        "running": running,
        "stopped": stopped,
        "doomed": doomed,
        "protected": protected,
        "name": "web-1",
        "subnet": subnet,
        "group": group,
        "template": template["LaunchTemplate"]["LaunchTemplateId"],
        "zone": zone,
    }


def opinion(of: str, prepared: dict[str, Any]) -> bool:
    """Runs the adapter's tests against one of the two."""
    done = subprocess.run(
        # The whole workspace, as in the tests that follow: another selection would build the AWS SDK anew.
        ["cargo", "test", "--quiet", "--workspace", "--lib", "--", "--ignored", "second_opinion"],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"FAILBACK_SECOND_OPINION": json.dumps(prepared), "RUST_BACKTRACE": "0"},
    )
    failed = set(re.findall(r"^    tests::second_opinion::(\w+)$", done.stdout, re.M))
    counts = re.findall(r"(\d+) passed; (\d+) failed", done.stdout)
    passed, wrong = (sum(int(count[nth]) for count in counts) for nth in (0, 1))
    if passed + wrong == 0:
        print(done.stdout[-3000:], done.stderr[-3000:])
        return False
    new, gone = failed - set(KNOWN[of]), set(KNOWN[of]) - failed
    print(f"  {of}: {passed} of {passed + wrong} tests of the adapter hold")
    for name in sorted(failed & set(KNOWN[of])):
        print(f"    differs, as is known: {name}: {KNOWN[of][name]}")
    for name in sorted(gone):
        print(f"    does not differ any more: {name}")
    if new:
        print(done.stdout[-6000:])
    return not new and not gone


def main() -> int:
    # moto's zone ids lack the Z that every real one begins with, and by which this project knows one.
    made_up = route53_models.create_route53_zone_id
    route53_models.create_route53_zone_id = lambda **of: f"Z{made_up(**of)}"
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    [command] = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with Simulator(Path(command), log, "--scenario", "steady", "--seed", "1") as simulator:
            same = opinion("simulator", prepared_simulator(simulator))
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    _, port = server.get_host_and_port()
    try:
        same = opinion("moto", prepared_moto(port)) and same
    finally:
        server.stop()
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
