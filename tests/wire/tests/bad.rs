//! Input that is not an AWS request: it is refused, and the server continues.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use failback_core::procedure::Procedure;
use failback_rehearsal::rehearsal::Rehearsal;
use wire_tests::{Wire, setting};

/// Sends bytes, and reads the response until the other side closes, for at most ten seconds.
fn send(port: u16, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(bytes).ok();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok();
    String::from_utf8_lossy(&answer).into_owned()
}

fn request(head: &str, body: &str) -> Vec<u8> {
    format!("{head}\r\nHost: localhost\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
        .into_bytes()
}

fn signed(service: &str) -> String {
    format!(
        "Authorization: AWS4-HMAC-SHA256 Credential=k/20261102/us-east-2/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
}

#[test]
fn garbage_is_refused_and_nothing_is_written() {
    let rehearsal = Rehearsal::new(setting(Procedure::Failback, 1));
    let wire = Wire::open(&rehearsal.simulation, []);
    let drs = signed("drs");
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (b"\x00\xff\x16\x03\x01 garbage".to_vec(), ""),
        (request("POST /StartRecovery HTTP/1.1", "{}"), "403"),
        (request("POST /StartRecovery HTTP/1.1\r\nAuthorization: Bearer x", "{}"), "403"),
        (request(&format!("POST /StartRecovery HTTP/1.1\r\n{drs}"), "not json"), "400"),
        (request(&format!("POST /StartRecovery HTTP/1.1\r\n{drs}"), "[]"), "400"),
        (request(&format!("POST /StartRecovery HTTP/1.1\r\n{drs}"), "{}"), "400"),
        (request(&format!("POST /StartRecovery HTTP/1.1\r\n{drs}"), r#"{"sourceServers": 7}"#), "400"),
        (request(&format!("POST /StopReplication HTTP/1.1\r\n{drs}"), r#"{"sourceServerID": 7}"#), "400"),
        (request(&format!("POST /CreateRecoveryPlan HTTP/1.1\r\n{drs}"), "{}"), "501"),
        (request(&format!("POST /tags/a%2Fb HTTP/1.1\r\n{drs}"), r#"{"tags": {"a": 1}}"#), "400"),
        (request(&format!("POST / HTTP/1.1\r\n{}", signed("ec2")), "Action=RunInstances"), "400"),
        (
            request(
                &format!("POST / HTTP/1.1\r\n{}", signed("ec2")),
                "Action=TerminateInstances&InstanceId.1=x",
            ),
            "400",
        ),
        (
            request(
                &format!(
                    "POST /2013-04-01/hostedzone/Z0123456789ABCDEFGHIJ/rrset HTTP/1.1\r\n{}",
                    signed("route53")
                ),
                "<no",
            ),
            "400",
        ),
        (request(&format!("POST / HTTP/1.1\r\n{}", signed("s3")), ""), "501"),
        (request("GET /_sim/nothing HTTP/1.1", ""), "404"),
        (request("POST /_sim/advance HTTP/1.1", r#"{"seconds": -1}"#), "400"),
        (request("POST /_sim/faults HTTP/1.1", r#"{"fault": "boot:nobody"}"#), "400"),
    ];
    for (bytes, status) in cases {
        let answer = send(wire.port(), &bytes);
        let line = answer.lines().next().unwrap_or_default();
        assert!(line.contains(status), "{}: {line}", String::from_utf8_lossy(&bytes));
    }
    let world = rehearsal.simulation.world();
    let changed = |call: &&failback_sim::Call| !call.changed.is_empty();
    assert_eq!(world.calls().iter().filter(changed).count(), 0);
}

#[test]
fn a_huge_body_is_not_read() {
    let rehearsal = Rehearsal::new(setting(Procedure::Failback, 1));
    let wire = Wire::open(&rehearsal.simulation, []);
    let body = "x".repeat(3_000_000);
    let head = format!("POST /DescribeJobs HTTP/1.1\r\n{}", signed("drs"));
    let answer = send(wire.port(), &request(&head, &body));
    assert!(answer.is_empty() || answer.contains("413"), "{answer}");
    let answer = send(wire.port(), &request("GET /_sim HTTP/1.1", ""));
    assert!(answer.contains("200 OK"), "it goes on: {answer}");
}

#[test]
fn a_wrong_region_is_refused_by_its_service() {
    let rehearsal = Rehearsal::new(setting(Procedure::Failback, 1));
    let wire = Wire::open(&rehearsal.simulation, []);
    let elsewhere = signed("drs").replace("us-east-2", "mars-1");
    let answer = send(wire.port(), &request(&format!("POST /DescribeJobs HTTP/1.1\r\n{elsewhere}"), "{}"));
    assert!(answer.contains("UnrecognizedClientException") && answer.contains("mars-1"), "{answer}");
}
