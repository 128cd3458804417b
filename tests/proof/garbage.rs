use failback_asl::Machine;
use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_rehearsal::machines;
use failback_rehearsal::plans;
use failback_rehearsal::rehearsal::{Always, Rehearsal, Setting};
use failback_rehearsal::runner::GateAnswer;
use failback_sim::{Access, Options, Simulation, World};
use failback_wire::{HttpRequest, Quirk, Quirks, Reply, Router, Speed};
use fastrand::Rng;
use serde_json::{Value, json};

/// The number of bad inputs of each kind. The number of an input is its seed, so that each run has the same inputs.
const TIMES: u64 = 3_000;

/// Returns a value that does not belong where it is put.
fn junk(rng: &mut Rng) -> Value {
    match rng.u8(..14) {
        0 => Value::Null,
        1 => json!(rng.bool()),
        2 => json!(-1),
        3 => json!(0),
        4 => json!(1e308),
        5 => json!(u64::MAX),
        6 => json!(""),
        7 => json!("x".repeat(rng.usize(1..5_000))),
        8 => json!("i-0123456789abcdef0\n"),
        9 => json!("${SomethingArn}"),
        10 => json!("{% $eval('1') %}"),
        11 => json!([]),
        12 => json!({}),
        _ => json!("\u{202e}\u{0}é"),
    }
}

/// Changes a document in one to four places: a value, a name, a member too many or too few.
fn spoil(rng: &mut Rng, document: &mut Value) {
    for _ in 0..rng.usize(1..=4) {
        let mut at = &mut *document;
        // A random depth, as far as there are members.
        while rng.u8(..5) > 0 {
            let deeper = match at {
                Value::Object(members) if !members.is_empty() => {
                    let nth = rng.usize(..members.len());
                    members.values().nth(nth).is_some_and(|value| value.is_object() || value.is_array())
                }
                Value::Array(items) => !items.is_empty(),
                _ => false,
            };
            if !deeper {
                break;
            }
            at = match at {
                Value::Object(members) => {
                    let nth = rng.usize(..members.len());
                    members.values_mut().nth(nth).expect("a member")
                }
                Value::Array(items) => {
                    let nth = rng.usize(..items.len());
                    &mut items[nth]
                }
                _ => break,
            };
        }
        match at {
            Value::Object(members) if !members.is_empty() => {
                let nth = rng.usize(..members.len());
                let name = members.keys().nth(nth).cloned().expect("a member");
                match rng.u8(..4) {
                    0 => _ = members.remove(&name),
                    1 => _ = members.insert(format!("{name}s"), junk(rng)),
                    2 => {
                        let value = members.remove(&name).unwrap_or_default();
                        members.insert(name.to_uppercase(), value);
                    }
                    _ => _ = members.insert(name, junk(rng)),
                }
            }
            Value::Array(items) => items.push(junk(rng)),
            other => *other = junk(rng),
        }
    }
}

/// Returns a text with some of its bytes removed, doubled or changed.
fn scratched(rng: &mut Rng, text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..rng.usize(1..=8) {
        let at = rng.usize(..bytes.len().max(1)).min(bytes.len().saturating_sub(1));
        match rng.u8(..4) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, rng.u8(..)),
            2 if !bytes.is_empty() => _ = bytes.remove(at),
            _ if !bytes.is_empty() => bytes[at] = rng.u8(..),
            _ => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn a_bad_plan_is_told_each_problem_with_its_place_and_remedy() {
    let good: Value = serde_json::from_str(plans::THREE_TIER).expect("the example");
    let (mut wrong, mut right) = (0, 0);
    for seed in 0..TIMES {
        let rng = &mut Rng::with_seed(seed);
        let mut plan = good.clone();
        spoil(rng, &mut plan);
        match Plan::read(&plan) {
            Ok(read) => {
                right += 1;
                // An accepted plan does not change when it is read again.
                let again = serde_json::to_value(&read).expect("a plan is JSON");
                assert_eq!(Plan::read(&again).as_ref(), Ok(&read), "seed {seed}: {plan}");
            }
            Err(problems) => {
                wrong += 1;
                assert!(!problems.0.is_empty(), "seed {seed}");
                for problem in problems.0 {
                    let told = problem.path.starts_with('$') && !problem.message.is_empty();
                    assert!(told && !problem.remedy.is_empty(), "seed {seed}: {problem:?}");
                }
            }
        }
        // The same as text.
        let text = scratched(rng, plans::THREE_TIER);
        if let Err(problems) = Plan::parse(&text) {
            assert!(!problems.to_string().is_empty(), "seed {seed}");
        }
    }
    assert!(wrong > TIMES / 2 && right > TIMES / 50, "{wrong} wrong, {right} right");
}

#[test]
fn a_bad_plan_reaches_no_write() {
    let good: Value = serde_json::from_str(plans::THREE_TIER).expect("the example");
    let plan = Plan::read(&good).expect("the example");
    let mut tried = 0;
    for seed in 0..400 {
        let rng = &mut Rng::with_seed(seed);
        let mut input = good.clone();
        spoil(rng, &mut input);
        if Plan::read(&input).is_ok() {
            continue;
        }
        tried += 1;
        let procedure = if rng.bool() { Procedure::Drill } else { Procedure::Failback };
        let world = Setting::usual(procedure, good.clone(), plan.clone(), 2, seed);
        let mut rehearsal = Rehearsal::new(Setting { input: input.clone(), ..world });
        let run = rehearsal.run(procedure, &mut Always(GateAnswer::Yes));
        let failure = run.failure.expect("a refusal");
        assert_eq!(failure.error, "Failback.InvalidPlan", "seed {seed}: {input}");
        let world = rehearsal.simulation.world();
        let written = world.calls().iter().filter(|call| call.has_changed()).count();
        assert_eq!(written, 0, "seed {seed}: {input}");
    }
    assert!(tried > 150, "{tried}");
}

#[test]
fn a_bad_state_machine_is_refused_with_its_problems() {
    let mut refused = 0;
    for procedure in [Procedure::Drill, Procedure::Failback] {
        let good: Value = serde_json::from_str(machines::text(procedure)).expect("the machine");
        for seed in 0..TIMES / 10 {
            let rng = &mut Rng::with_seed(seed);
            let mut machine = good.clone();
            spoil(rng, &mut machine);
            if let Err(problems) = Machine::parse(&machine.to_string()) {
                refused += 1;
                assert!(!problems.is_empty(), "{procedure}, seed {seed}");
            }
            if let Err(problems) = Machine::parse(&scratched(rng, machines::text(procedure))) {
                assert!(!problems.is_empty(), "{procedure}, seed {seed}");
            }
        }
    }
    assert!(refused > TIMES / 20, "{refused}");
}

/// Requests in the format of AWS's clients: service, method, path, target header, body.
const REQUESTS: &[(&str, &str, &str, &str, &str)] = &[
    (
        "drs",
        "POST",
        "/DescribeSourceServers",
        "",
        r#"{"filters":{"sourceServerIDs":["s-0123456789abcdef0"]},"maxResults":2}"#,
    ),
    (
        "drs",
        "POST",
        "/StartRecovery",
        "",
        r#"{"sourceServers":[{"sourceServerID":"s-0123456789abcdef0"}],"isDrill":false,"tags":{"a":"b"}}"#,
    ),
    ("drs", "POST", "/DescribeJobs", "", r#"{"filters":{"fromDate":"2026-11-02T08:00:00Z","jobIDs":[]}}"#),
    (
        "drs",
        "POST",
        "/UpdateLaunchConfiguration",
        "",
        r#"{"sourceServerID":"s-0123456789abcdef0","copyTags":true}"#,
    ),
    (
        "drs",
        "POST",
        "/tags/arn%3Aaws%3Adrs%3Aus-east-2%3A111122223333%3Asource-server%2Fs-0123456789abcdef0",
        "",
        r#"{"tags":{"a":"b"}}"#,
    ),
    (
        "ec2",
        "POST",
        "/",
        "",
        "Action=DescribeInstances&Version=2016-11-15&InstanceId.1=i-0123456789abcdef0&Filter.1.Name=instance-id&Filter.1.Value.1=i-0",
    ),
    (
        "ec2",
        "POST",
        "/",
        "",
        "Action=CreateLaunchTemplateVersion&Version=2016-11-15&LaunchTemplateId=lt-0123456789abcdef0&SourceVersion=1&LaunchTemplateData.InstanceType=m5.large",
    ),
    (
        "route53",
        "GET",
        "/2013-04-01/hostedzone/Z0123456789ABCDEFGHIJ/rrset?type=A&name=shop.example.com",
        "",
        "",
    ),
    (
        "route53",
        "POST",
        "/2013-04-01/hostedzone/Z0123456789ABCDEFGHIJ/rrset/",
        "",
        "<ChangeResourceRecordSetsRequest><ChangeBatch><Changes><Change><Action>UPSERT</Action><ResourceRecordSet><Name>a.</Name><Type>A</Type><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>10.0.0.1</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>",
    ),
    (
        "sts",
        "POST",
        "/",
        "",
        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx&RoleSessionName=x",
    ),
    (
        "states",
        "POST",
        "/",
        "AWSStepFunctions.ListExecutions",
        r#"{"stateMachineArn":"arn:aws:states:us-east-2:1:stateMachine:drill"}"#,
    ),
];

#[test]
fn a_bad_request_is_answered_with_an_error_and_changes_nothing_by_half() {
    let plan = Plan::parse(plans::THREE_TIER).expect("the example");
    let world = World::build(&plan, &Options { servers: 2, ..Options::default() });
    let router = Router::new(Simulation::new(world), Speed(0.0), Quirks::new(std::iter::empty::<Quirk>()));
    let mut refused = 0;
    for seed in 0..TIMES {
        let rng = &mut Rng::with_seed(seed);
        let (service, method, target_path, target, body) = REQUESTS[rng.usize(..REQUESTS.len())];
        let (path, query) = target_path.split_once('?').unwrap_or((target_path, ""));
        let spoilt =
            |rng: &mut Rng, text: &str| if rng.bool() { scratched(rng, text) } else { text.to_owned() };
        let scope = format!(
            "AWS4-HMAC-SHA256 Credential=AKID/20261102/us-east-2/{service}/aws4_request, Signature=00"
        );
        let mut headers =
            vec![("authorization".to_owned(), if rng.u8(..8) == 0 { scratched(rng, &scope) } else { scope })];
        if !target.is_empty() {
            headers.push(("x-amz-target".to_owned(), spoilt(rng, target)));
        }
        let body = match serde_json::from_str::<Value>(body) {
            Ok(mut document) if rng.bool() => {
                spoil(rng, &mut document);
                document.to_string()
            }
            _ => spoilt(rng, body),
        };
        let request = HttpRequest {
            method: if rng.u8(..10) == 0 { "PATCH".to_owned() } else { method.to_owned() },
            path: spoilt(rng, path),
            query: spoilt(rng, query),
            headers,
            body: body.into_bytes(),
        };
        let (reply, _) = router.handle(&request);
        let Reply::Response(answer) = reply else { panic!("seed {seed}: no answer to {request:?}") };
        assert!((200..600).contains(&answer.status), "seed {seed}: {}", answer.status);
        if answer.status >= 400 {
            refused += 1;
            assert!(!answer.body.is_empty(), "seed {seed}: {} without a word", answer.status);
        }
    }
    assert!(refused > TIMES / 3, "{refused}");
    let world = router.simulation().world();
    // A refused request has changed nothing.
    let half = world.calls().iter().filter(|call| {
        call.kind == Access::Write && !call.has_changed() && !call.changed.is_empty() && call.service != "s3"
    });
    assert_eq!(half.count(), 0);
}
