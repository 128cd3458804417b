//! What people write instead of a plan: each is refused with its place and a remedy.

use failback_core::plan::{Plan, Problem};
use serde_json::{Value, json};

const COMPLETE: &str = include_str!("../../src/plan/complete.json");

fn problems(bytes: &[u8]) -> Vec<Problem> {
    Plan::of_file(bytes).expect_err(&String::from_utf8_lossy(bytes)).0
}

/// Asserts that a text has a problem at this place, whose message and remedy have these words.
fn refused(bytes: &[u8], place: &str, words: &str) {
    let found = problems(bytes);
    let told = found.iter().find(|problem| problem.path == place && problem.to_string().contains(words));
    let text = String::from_utf8_lossy(bytes);
    let told = told.unwrap_or_else(|| panic!("{place}, {words}: {found:#?}\n{text}"));
    assert!(told.remedy.len() > 5, "{told:?}");
    for jargon in ["struct ", "u64", "EOF", "elements", "ident", "stream did not"] {
        assert!(!told.to_string().contains(jargon), "{told}");
    }
}

#[test]
fn texts_that_are_no_plan_are_refused() {
    let utf16: Vec<u8> = COMPLETE.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: &[(&[u8], &str, &str)] = &[
        (b"", "$", "empty. Begin with"),
        (b"  \n", "$", "empty"),
        (&utf16, "$", "UTF-16"),
        (b"\xff\xfe{\x00}\x00", "$", "Save it as UTF-8"),
        (b"{\"name\": \"Caf\xe9\"}", "$", "not UTF-8: byte 14 in line 1"),
        (b"name: shop\nregions:\n  source: us-east-1\n", "$", "YAML is not read"),
        (b"--- \nname: shop\n", "$", "YAML is not read"),
        (b"{\n  // the shop\n  \"name\": \"shop\"\n}", "$", "JSON has no comments"),
        (b"{\"name\": \"shop\" /* the shop */}", "$", "JSON has no comments"),
        (b"# the shop\n{}", "$", "JSON has no comments"),
        (b"{\"name\": \"shop\",}", "$", "Remove the comma before it"),
        (b"{'name': 'shop'}", "$", "double quotes"),
        (b"{\"name\": \"shop\"", "$", "line 1 column"),
        (b"{\"name\": \"shop\"} {}", "$", "line 1 column"),
        (b"{\"name\": }", "$", "line 1 column"),
        (b"[]", "$", "an object belongs"),
        (b"\"plan.json\"", "$", "an object belongs"),
        (b"{\"name\": \"a\", \"name\": \"b\"}", "$.name", "written twice, the second time in line 1"),
        (
            b"{\"cleanup\": {\"terminateOriginals\": false,\n\"terminateOriginals\": true}}",
            "$.cleanup.terminateOriginals",
            "written twice, the second time in line 2",
        ),
        (
            b"{\"waves\": [{\"tags\": {\"a\": \"1\"}}, {\"tags\": {\"a\": \"1\", \"a\": \"2\"}}]}",
            "$.waves[1].tags.a",
            "written twice",
        ),
    ];
    for (bytes, place, words) in cases {
        refused(bytes, place, words);
    }
}

#[test]
fn what_editors_add_is_read() {
    let mut plan: Value = serde_json::from_str(COMPLETE).unwrap();
    plan["$schema"] = json!("../docs/plan.schema.json");
    let marked = format!("\u{feff}{plan}");
    let (input, read) = Plan::of_file(marked.as_bytes()).unwrap();
    assert_eq!((input, read), (plan, Plan::parse(COMPLETE).unwrap()));
}

/// Sets one place, or removes it with null, and asserts the problem that this makes.
fn wrong(pointer: &str, value: Value, place: &str, words: &str) {
    let mut plan: Value = serde_json::from_str(COMPLETE).unwrap();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    match plan.pointer_mut(parent).expect("a place") {
        Value::Object(members) if value.is_null() => drop(members.remove(name).expect("a member")),
        Value::Object(members) => drop(members.insert(name.to_owned(), value)),
        items => items[name.parse::<usize>().expect("an index")] = value,
    }
    refused(plan.to_string().as_bytes(), place, words);
}

#[test]
fn every_wrong_value_is_refused_with_place_and_remedy() {
    let six: Vec<String> = (0..6).map(|n| format!("sg-0a1b2c3d4e5f6071{n}")).collect();
    let wave = |name: &str, tags: Value| json!({ "name": name, "tags": tags });
    let cases = [
        ("/name", json!(""), "$.name", "1 to 60"),
        ("/name", json!(7), "$.name", "the number `7` where a text belongs"),
        ("/name", Value::Null, "$.name", "missing"),
        ("/name", json!("a/b"), "$.name", "letters"),
        ("/nmae", json!("shop"), "$.nmae", "Did you mean `name`?"),
        ("/Waves", json!([]), "$.Waves", "Did you mean `waves`?"),
        ("/color", json!(1), "$.color", "Remove it, or use the right name"),
        ("/regions", json!("us-east-1"), "$.regions", "an object belongs"),
        ("/regions/recovery", json!("mars-1"), "$.regions.recovery", ""),
        ("/regions/recovery", json!("us-east-1"), "$.regions", ""),
        ("/regions/recovry", json!("us-east-1"), "$.regions.recovry", "Did you mean `recovery`?"),
        ("/servers", json!({}), "$.servers", ""),
        ("/servers", json!({ "ids": "s-1" }), "$.servers.ids", "a list"),
        ("/servers", json!({ "ids": ["i-0123456789abcdef0"] }), "$.servers.ids[0]", ""),
        ("/servers", json!({ "tags": [] }), "$.servers.tags", ""),
        ("/waves", json!({}), "$.waves", "a list belongs"),
        (
            "/waves",
            json!([wave("a", json!({ "t": "1" })), wave("b", json!({ "t": "1" }))]),
            "$.waves[1].tags",
            "wave `a` takes",
        ),
        (
            "/waves",
            json!([wave("a", json!({ "t": "1" })), wave("b", json!({ "t": "1", "z": "a" }))]),
            "$.waves[1].tags",
            "put it before that wave",
        ),
        ("/waves/0/tags", json!({ "tier": 1 }), "$.waves[0].tags.tier", "a text belongs"),
        ("/launch/network", json!("like-source"), "$.launch.network", ""),
        ("/launch/network/subnetId", json!("sg-1"), "$.launch.network.subnetId", ""),
        (
            "/launch/network/securityGroupIds",
            json!(six),
            "$.launch.network.securityGroupIds",
            "6 security groups",
        ),
        ("/launch/network/securityGroupIds", json!([]), "$.launch.network", "1 to 5 security groups"),
        (
            "/launch/network/securityGroupIds",
            json!(["sg-0a1b2c3d4e5f60718", "sg-0a1b2c3d4e5f60718"]),
            "$.launch.network.securityGroupIds[1]",
            "named twice",
        ),
        ("/drill/network/securityGroupIds", json!(six), "$.drill.network.securityGroupIds", "1 to 5"),
        ("/drill/hold", json!(60), "$.drill.hold", "an object belongs"),
        ("/drill/hold", json!({}), "$.drill.hold.timeoutMinutes", "missing"),
        ("/drill/hold/timeoutMinutes", json!(20_161), "$.drill.hold.timeoutMinutes", "Use 1 to 20160"),
        ("/drill/hold/timeout", json!(60), "$.drill.hold.timeout", "expected `timeoutMinutes`"),
        ("/endWhenReady", json!("yes"), "$.endWhenReady", "true or false"),
        ("/abort", json!(true), "$.abort", "a text belongs"),
        ("/cutover/onAbort", json!("stop"), "$.cutover.onAbort", "terminate"),
        ("/endWhenRedy", json!(true), "$.endWhenRedy", "Did you mean `endWhenReady`?"),
        ("/launch/instanceType", json!("m5"), "$.launch.instanceType", "`m5` is no instance type"),
        ("/launch/instanceType", json!("m5.huge"), "$.launch.instanceType", "m7i.large"),
        ("/launch/instanceType", json!("M5.large"), "$.launch.instanceType", ""),
        ("/launch/instanceProfile", json!("my profile!"), "$.launch.instanceProfile", "neither the name"),
        (
            "/launch/instanceProfile",
            json!("arn:aws:iam::111122223333:role/web"),
            "$.launch.instanceProfile",
            ":instance-profile/",
        ),
        ("/launch/relaunchesMax", json!(-1), "$.launch.relaunchesMax", "a whole number from 0 on belongs"),
        ("/launch/relaunchesMax", json!(1.5), "$.launch.relaunchesMax", "a whole number"),
        (
            "/launch/intoSource",
            json!("yes"),
            "$.launch.intoSource",
            "the text \"yes\" where true or false belongs",
        ),
        ("/validation/statusChecks", json!(1), "$.validation.statusChecks", "true or false"),
        ("/redirect/records/0/type", json!("CNAME"), "$.redirect.records[0].type", ""),
        ("/redirect/records/0/address", json!("elastic"), "$.redirect.records[0].address", ""),
        ("/redirect/records/0/zoneId", json!("shop.example.com"), "$.redirect.records[0].zoneId", ""),
        ("/redirect/records/0/ttl", json!(60), "$.redirect.records[0].ttl", "ttlSeconds"),
        ("/gates/beforeRedirekt", json!({}), "$.gates.beforeRedirekt", "Did you mean `beforeRedirect`?"),
        ("/gates/beforeStop", json!(60), "$.gates.beforeStop", "an object belongs"),
        ("/limits/launchMinutes", json!("120"), "$.limits.launchMinutes", "a whole number"),
        ("/cleanup", json!(true), "$.cleanup", "an object belongs"),
        ("/takeOver", json!("arn"), "$.takeOver", "a list belongs"),
        ("/$schema", json!(1), "$.$schema", ""),
    ];
    assert!(cases.len() + 20 >= 60, "{} kinds", cases.len());
    for (pointer, value, place, words) in cases {
        wrong(pointer, value, place, words);
    }
}
