"""Holds every answer of the simulator against AWS's own models of the services, as botocore carries them.

A client of botocore is lenient: it takes a number for a string, and a misspelt member for none. So the raw bytes are
walked here: unknown member, wrong type, word outside its enumeration, pattern, length, status, an error that the
operation does not declare. The whole page is walked through, and every declared error of every operation provoked.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from simulator import Simulator

# Where real answers differ from the model, and the simulator follows the real ones (docs/drs-facts.md §0.3, §1.0).
DEVIATIONS = [
    (r"ISO8601DatetimeString .*\+00:00", "DRS ends its timestamps in +00:00"),
    (r"ISO8601DurationString|lagDuration|elapsedReplicationDuration", "durations are typed as times in the model"),
    (r"ResourceId '/hostedzone/Z\w{20}'", "Route 53 answers a zone's id with its path, and then it is too long"),
    (r"JobLogEvent 'LAUNCH_END'", "LAUNCH_END is in every real log, and not in the model"),
]


class Walk:
    """Findings about one answer."""

    def __init__(self) -> None:
        self.findings: list[str] = []

    def note(self, path: str, text: str) -> None:
        finding = f"{path}: {text}"
        if not any(re.search(pattern, finding) for pattern, _ in DEVIATIONS):
            self.findings.append(finding)

    def scalar(self, path: str, shape: Shape, value: Any) -> None:
        kind = shape.type_name
        wrong = {
            "string": not isinstance(value, str),
            "boolean": not isinstance(value, bool),
            "integer": isinstance(value, bool) or not isinstance(value, int),
            "long": isinstance(value, bool) or not isinstance(value, int),
            "timestamp": not isinstance(value, (int, float, str)) or isinstance(value, bool),
        }
        if wrong.get(kind, False):
            self.note(path, f"{kind} expected, got {value!r}")
        elif kind == "string":
            self.string(path, shape, value)

    def string(self, path: str, shape: Shape, value: str) -> None:
        if getattr(shape, "enum", None) and value not in shape.enum:
            self.note(path, f"{shape.name} '{value}' is no word of it")
        pattern, low, high = (shape.metadata.get(key) for key in ("pattern", "min", "max"))
        if pattern and not re.search(pattern, value):
            self.note(path, f"{shape.name} '{value}' does not fit {pattern}")
        if low and len(value) < low or high and len(value) > high:
            self.note(path, f"{shape.name} '{value}' has {len(value)} characters, not {low} to {high}")

    def json(self, path: str, shape: Shape, value: Any) -> None:
        if isinstance(shape, StructureShape):
            if not isinstance(value, dict):
                return self.note(path, f"an object expected, got {value!r}")
            members = {m.serialization.get("name", name): m for name, m in shape.members.items() if "location" not in m.serialization}
            for name, inner in value.items():
                if name in members:
                    self.json(f"{path}.{name}", members[name], inner)
                else:
                    self.note(f"{path}.{name}", "unknown member")
            for name in shape.required_members:
                if name in members and name not in value:
                    self.note(f"{path}.{name}", "is required, and missing")
        elif isinstance(shape, ListShape):
            if not isinstance(value, list):
                return self.note(path, f"a list expected, got {value!r}")
            for index, inner in enumerate(value):
                self.json(f"{path}[{index}]", shape.member, inner)
        elif isinstance(shape, MapShape):
            if not isinstance(value, dict):
                return self.note(path, f"a map expected, got {value!r}")
            for key, inner in value.items():
                self.json(f"{path}[{key}]", shape.value, inner)
        else:
            self.scalar(path, shape, value)

    def xml(self, path: str, shape: Shape, element: ElementTree.Element, ec2: bool) -> None:
        children = list(element)
        if isinstance(shape, StructureShape):
            members = {_xml_name(name, member, ec2): member for name, member in shape.members.items()}
            for child in children:
                tag = child.tag.split("}")[-1]
                if tag in members:
                    self.xml(f"{path}.{tag}", members[tag], child, ec2)
                elif tag not in ("requestId", "ResponseMetadata"):
                    self.note(f"{path}.{tag}", "unknown element")
        elif isinstance(shape, ListShape):
            tag = shape.member.serialization.get("name", "item" if ec2 else "member")
            for index, child in enumerate(children):
                if child.tag.split("}")[-1] != tag:
                    self.note(f"{path}[{index}]", f"element {child.tag}, not {tag}")
                self.xml(f"{path}[{index}]", shape.member, child, ec2)
        else:
            self.text(path, shape, element.text or "")

    def text(self, path: str, shape: Shape, text: str) -> None:
        kind = shape.type_name
        if kind == "boolean":
            if text not in ("true", "false"):
                self.note(path, f"boolean expected, got {text!r}")
        elif kind in ("integer", "long"):
            if not re.fullmatch(r"-?\d+", text):
                self.note(path, f"{kind} expected, got {text!r}")
        elif kind == "timestamp":
            if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text):
                self.note(path, f"timestamp expected, got {text!r}")
        elif kind == "string":
            self.string(path, shape, text)


def _xml_name(name: str, member: Shape, ec2: bool) -> str:
    return member.serialization.get("name", name[0].lower() + name[1:] if ec2 else name)


class Judge:
    """Makes calls, and judges the raw answers."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._clients: dict[tuple[str, str], Any] = {}
        self._raw: dict[str, Any] = {}
        self.findings: list[str] = []
        self.calls: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()

    def client(self, service: str, region: str) -> Any:
        if (service, region) not in self._clients:
            client = self._simulator.client(service, region)
            event = f"before-parse.{client.meta.service_model.service_id.hyphenize()}"
            client.meta.events.register(event, self._keep)
            self._clients[service, region] = client
        return self._clients[service, region]

    def _keep(self, operation_model: OperationModel, response_dict: dict, **_: Any) -> None:
        self._raw = {"model": operation_model, **response_dict}

    def call(self, service: str, region: str, operation: str, **arguments: Any) -> Any:
        """Makes a call that must succeed."""
        answer = getattr(self.client(service, region), operation)(**arguments)
        model: OperationModel = self._raw["model"]
        self.calls[f"{service}:{model.name}"] += 1
        self._judge(model, self._raw["status_code"], self._raw["body"])
        return answer

    def items(self, service: str, region: str, operation: str, **arguments: Any) -> list:
        """Makes calls until every page of a list of DRS is there."""
        found: list = []
        while True:
            page = self.call(service, region, operation, **arguments)
            found += page["items"]
            if not (token := page.get("nextToken")):
                return found
            arguments["nextToken"] = token

    def _judge(self, model: OperationModel, status: int, body: bytes) -> None:
        name = f"{model.service_model.service_name}:{model.name}"
        walk = Walk()
        expected = model.http.get("responseCode", 200)
        if status != expected:
            walk.note(name, f"status {status}, not {expected}")
        shape, protocol = model.output_shape, model.service_model.metadata["protocol"]
        if shape is not None and shape.members and protocol in ("rest-json", "json"):
            walk.json(name, shape, json.loads(body or b"{}"))
        elif shape is not None and shape.members:
            root = ElementTree.fromstring(body)
            if wrapper := shape.serialization.get("resultWrapper"):
                root = next(child for child in root if child.tag.split("}")[-1] == wrapper)
            walk.xml(name, shape, root, protocol == "ec2")
        self.findings.extend(walk.findings)

    def refusal(self, service: str, region: str, operation: str, code: str, **arguments: Any) -> None:
        """Makes a call that must be refused with this code, as its model declares it."""
        name = f"{service}:{operation}: {code}"
        try:
            getattr(self.client(service, region), operation)(**arguments)
        except ClientError as error:
            seen, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
            model: OperationModel = self._raw["model"]
            self.errors[code] += 1
            if seen != code:
                self.findings.append(f"{name}: refused with {seen}")
            declared = {shape.metadata.get("error", {}).get("code", shape.name): shape for shape in model.error_shapes}
            if code not in declared:
                # EC2 declares no errors at all.
                if service != "ec2":
                    self.findings.append(f"{name}: not declared for {model.name}")
            elif (expected := declared[code].metadata.get("error", {}).get("httpStatusCode")) and expected != status:
                self.findings.append(f"{name}: status {status}, not {expected}")
        else:
            self.findings.append(f"{name}: was not refused")


def every_declared_error(judge: Judge, simulator: Simulator, calls: dict[str, dict], region: str) -> None:
    """Each error of DRS that an operation declares, provoked by a fault."""
    client = judge.client("drs", region)
    for operation, arguments in calls.items():
        model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
        for shape in model.error_shapes:
            simulator.ask("/faults", {"fault": f"error:drs:{model.name}={shape.name}"})
            judge.refusal("drs", region, operation, shape.name, **arguments)
            simulator.ask("/faults", method="DELETE")


def the_page(judge: Judge, simulator: Simulator) -> None:
    """A failback by hand, every operation of it."""
    world = simulator.ask("")
    home, away = world["regions"]["source"], world["regions"]["recovery"]
    before = world["servers"]
    for region in (home, away):
        for describe in ("source_servers", "recovery_instances", "jobs"):
            judge.items("drs", region, f"describe_{describe}", filters={})
        judge.call("drs", region, "describe_replication_configuration_templates")
        judge.call("drs", region, "describe_launch_configuration_templates")
    recovery_instances = [server["b2"] for server in before]
    for instance in recovery_instances:
        judge.call("drs", away, "reverse_replication", recoveryInstanceID=instance)
    simulator.advance(60)
    a2 = [server["a2"] for server in simulator.ask("")["servers"]]
    arns = {s["sourceServerID"]: s["arn"] for s in judge.items("drs", home, "describe_source_servers", filters={})}
    for server in a2:
        judge.call("drs", home, "tag_resource", resourceArn=arns[server], tags={"by": "hand", "other": "tag"})
        judge.call("drs", home, "list_tags_for_resource", resourceArn=arns[server])
        judge.call("drs", home, "untag_resource", resourceArn=arns[server], tagKeys=["other"])
        template = judge.call("drs", home, "get_launch_configuration", sourceServerID=server)["ec2LaunchTemplateID"]
        judge.call("drs", home, "get_replication_configuration", sourceServerID=server)
        prepare(judge, simulator, home, server, template, next(s["a1"] for s in before if s["b1"]))
    simulator.advance(7200)
    job = judge.call("drs", home, "start_recovery", sourceServers=[{"sourceServerID": s} for s in a2], isDrill=False, tags={"by": "hand"})
    judge.call("drs", home, "describe_recovery_snapshots", sourceServerID=a2[0], order="DESC")
    simulator.advance(1800)
    job_id = job["job"]["jobID"]
    done = judge.call("drs", home, "describe_jobs", filters={"jobIDs": [job_id]})["items"][0]
    launched = [part["launchStatus"] for part in done["participatingServers"]]
    if launched != ["LAUNCHED"] * len(a2):
        judge.findings.append(f"the launch for failback ended in {launched}")
    judge.items("drs", home, "describe_job_log_items", jobID=job_id)
    after = simulator.ask("")["servers"]
    judge.call("ec2", home, "describe_instance_status", InstanceIds=[server["a4"] for server in after])
    judge.call("ec2", home, "describe_instances", InstanceIds=[server["a4"] for server in after])
    redirect(judge, simulator, home, after)
    for server in after:
        judge.call("drs", home, "reverse_replication", recoveryInstanceID=server["a3"])
    simulator.advance(7200)
    clean_up(judge, simulator, home, away, after)


def prepare(judge: Judge, simulator: Simulator, home: str, server: str, template: str, a1: str) -> None:
    """A2's launch settings, as A1 has them."""
    judge.call("ec2", home, "describe_launch_template_versions", LaunchTemplateId=template, Versions=["$Default"])
    original = judge.call("ec2", home, "describe_instances", InstanceIds=[a1])["Reservations"][0]["Instances"][0]
    judge.call("ec2", home, "describe_subnets", SubnetIds=[original["SubnetId"]])
    data = {
        "NetworkInterfaces": [
            {"DeviceIndex": 0, "SubnetId": original["SubnetId"], "Groups": [g["GroupId"] for g in original["SecurityGroups"]]}
        ],
        "IamInstanceProfile": {"Arn": original["IamInstanceProfile"]["Arn"]},
        "InstanceType": original["InstanceType"],
    }
    created = judge.call(
        "ec2", home, "create_launch_template_version", LaunchTemplateId=template, SourceVersion="1", LaunchTemplateData=data
    )["LaunchTemplateVersion"]["VersionNumber"]
    judge.call("ec2", home, "modify_launch_template", LaunchTemplateId=template, DefaultVersion=str(created))
    judge.call(
        "drs", home, "update_launch_configuration", sourceServerID=server,
        targetInstanceTypeRightSizingMethod="NONE", copyPrivateIp=False, launchDisposition="STARTED",
    )


def redirect(judge: Judge, simulator: Simulator, home: str, servers: list[dict]) -> None:
    """Traffic goes to A4."""
    zone = judge.call("route53", home, "list_hosted_zones")["HostedZones"][0]["Id"]
    judge.call("route53", home, "get_hosted_zone", Id=zone)
    web = next(server for server in servers if server["name"].startswith("web"))
    instance = judge.call("ec2", home, "describe_instances", InstanceIds=[web["a4"]])["Reservations"][0]["Instances"][0]
    record = {"Name": "shop.example.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": instance["PublicIpAddress"]}]}
    judge.call("route53", home, "list_resource_record_sets", HostedZoneId=zone, StartRecordName="shop.example.com", StartRecordType="A")
    change = judge.call(
        "route53", home, "change_resource_record_sets", HostedZoneId=zone,
        ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]},
    )["ChangeInfo"]["Id"]
    simulator.advance(300)
    if judge.call("route53", home, "get_change", Id=change)["ChangeInfo"]["Status"] != "INSYNC":
        judge.findings.append("the change is not INSYNC after five minutes")


def clean_up(judge: Judge, simulator: Simulator, home: str, away: str, servers: list[dict]) -> None:
    """Step 4 of the page."""
    for server in servers:
        judge.call("drs", home, "stop_replication", sourceServerID=server["a2"])
    simulator.advance(1200)
    judge.call("drs", away, "terminate_recovery_instances", recoveryInstanceIDs=[server["b2"] for server in servers])
    simulator.advance(1200)
    judge.call("ec2", home, "terminate_instances", InstanceIds=[server["a1"] for server in servers])
    for server in servers:
        judge.call("drs", home, "delete_recovery_instance", recoveryInstanceID=server["a3"])
        judge.call("drs", home, "disconnect_source_server", sourceServerID=server["a2"])
    simulator.advance(600)
    for server in servers:
        judge.call("drs", home, "delete_source_server", sourceServerID=server["a2"])
    simulator.advance(600)
    for server in simulator.ask("")["servers"]:
        left = [label for label in ("a1", "a2", "a3", "a4", "b1", "b2", "b3") if server[label]]
        if left != ["a4", "b1"]:
            judge.findings.append(f"{server['name']}: left are {left}, not A4 and B1")


def others(judge: Judge, simulator: Simulator) -> None:
    """What the page does not need, and a person may."""
    world = simulator.ask("")
    home, away = world["regions"]["source"], world["regions"]["recovery"]
    server, instance = world["servers"][0]["b1"], world["servers"][0]["b2"]
    judge.call("sts", home, "get_caller_identity")
    judge.call("sts", home, "assume_role", RoleArn="arn:aws:iam::111122223333:role/any", RoleSessionName="any")
    judge.call("drs", home, "initialize_service")
    judge.call("drs", away, "stop_replication", sourceServerID=server)
    judge.call("drs", away, "start_replication", sourceServerID=server)
    judge.call("ec2", away, "stop_instances", InstanceIds=[world["servers"][2]["b3"]])
    simulator.advance(300)
    judge.call("ec2", away, "start_instances", InstanceIds=[world["servers"][2]["b3"]])
    simulator.ask("/executions", {"id": "arn:aws:states:us-east-1:111122223333:execution:drill:one", "procedure": "drill", "input": {}})
    machine = "arn:aws:states:us-east-1:111122223333:stateMachine:drill"
    running = judge.call("stepfunctions", home, "list_executions", stateMachineArn=machine, statusFilter="RUNNING")["executions"]
    judge.call("stepfunctions", home, "describe_execution", executionArn=running[0]["executionArn"])
    missing = "s-00000000000000000"
    judge.refusal("drs", away, "stop_replication", "ResourceNotFoundException", sourceServerID=missing)
    judge.refusal("drs", away, "disconnect_source_server", "ResourceNotFoundException", sourceServerID=missing)
    judge.refusal("drs", away, "describe_source_servers", "ValidationException", filters={"sourceServerIDs": ["s-no-source-server-"]})
    judge.refusal("ec2", away, "describe_instances", "InvalidInstanceID.NotFound", InstanceIds=["i-00000000000000000"])
    judge.refusal("ec2", away, "describe_instances", "InvalidInstanceID.Malformed", InstanceIds=["i-x"])
    judge.refusal("ec2", away, "describe_vpcs", "InvalidAction")
    judge.refusal("route53", home, "get_change", "NoSuchChange", Id="C0000000000000000000")
    judge.refusal("route53", home, "get_hosted_zone", "NoSuchHostedZone", Id="Z0000000000000000000")
    judge.call("drs", away, "disconnect_recovery_instance", recoveryInstanceID=instance)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", type=Path, help="the drs-failback binary")
    command = parser.parse_args().command
    logs = Path(tempfile.mkdtemp())
    findings: list[str] = []
    calls: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    for name, arguments in {"the page": [], "one item a page": ["--quirk", "page-size-one"]}.items():
        with Simulator(command, logs / "page.log", "--scenario", "recovered", *arguments) as simulator:
            judge = Judge(simulator)
            the_page(judge, simulator)
            findings += [f"{name}: {finding}" for finding in judge.findings]
            calls += judge.calls
    with Simulator(command, logs / "others.log", "--scenario", "recovered") as simulator:
        judge = Judge(simulator)
        world = simulator.ask("")
        away = world["regions"]["recovery"]
        b1, b2 = world["servers"][0]["b1"], world["servers"][0]["b2"]
        arn = judge.call("drs", away, "describe_source_servers", filters={"sourceServerIDs": [b1]})["items"][0]["arn"]
        server, instance = {"sourceServerID": b1}, {"recoveryInstanceID": b2}
        every_declared_error(judge, simulator, {
            "describe_source_servers": {"filters": {}}, "describe_recovery_instances": {"filters": {}},
            "describe_jobs": {"filters": {}}, "describe_job_log_items": {"jobID": "drsjob-00000000000000000"},
            "describe_recovery_snapshots": server, "describe_replication_configuration_templates": {},
            "describe_launch_configuration_templates": {}, "get_launch_configuration": server,
            "get_replication_configuration": server, "update_launch_configuration": server,
            "start_recovery": {"sourceServers": [server]}, "reverse_replication": instance, "stop_replication": server,
            "start_replication": server, "terminate_recovery_instances": {"recoveryInstanceIDs": [b2]},
            "delete_recovery_instance": instance, "disconnect_recovery_instance": instance,
            "disconnect_source_server": server, "delete_source_server": server, "initialize_service": {},
            "tag_resource": {"resourceArn": arn, "tags": {"a": "b"}}, "list_tags_for_resource": {"resourceArn": arn},
            "untag_resource": {"resourceArn": arn, "tagKeys": ["a"]},
        }, away)
        others(judge, simulator)
        findings += judge.findings
        calls += judge.calls
        errors += judge.errors
    operations = sorted(calls)
    print(f"{sum(calls.values())} answers of {len(operations)} operations, and {sum(errors.values())} refusals with {len(errors)} codes")
    print("differs from the model on purpose: " + "; ".join(reason for _, reason in DEVIATIONS))
    for finding in findings:
        print(f"  {finding}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
