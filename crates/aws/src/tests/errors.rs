//! Every row of every table, as the service would answer it.

use failback_core::ErrorName::{
    self, AccessDenied, Conflict, NotFound, NotInitialized, QuotaExceeded, Rejected, Throttled, Unavailable,
};
use failback_core::cloud::{Drs, Ec2, Executions, Route53};
use failback_core::{Error, Result};

use super::{Answer, Canned, east, nth};
use crate::errors::{COMMON, DRS, EC2, ROUTE_53, Row, STEP_FUNCTIONS, STS};
use crate::{Config, Machines, Role};

type Expected = &'static [(&'static str, u16, ErrorName)];

const EVERYWHERE: Expected = &[
    ("Throttling", 400, Throttled),
    ("ThrottlingException", 429, Throttled),
    ("ThrottledException", 400, Throttled),
    ("RequestThrottled", 400, Throttled),
    ("RequestLimitExceeded", 503, Throttled),
    ("TooManyRequestsException", 429, Throttled),
    ("InternalError", 500, Unavailable),
    ("InternalFailure", 500, Unavailable),
    ("InternalServerError", 500, Unavailable),
    ("InternalServerException", 500, Unavailable),
    ("ServiceUnavailable", 503, Unavailable),
    ("ServiceUnavailableException", 503, Unavailable),
    ("RequestTimeout", 400, Unavailable),
    ("RequestTimeoutException", 400, Unavailable),
    ("AccessDenied", 403, AccessDenied),
    ("AccessDeniedException", 400, AccessDenied),
    ("ExpiredToken", 400, AccessDenied),
    ("ExpiredTokenException", 400, AccessDenied),
    ("IncompleteSignature", 400, AccessDenied),
    ("InvalidClientTokenId", 403, AccessDenied),
    ("InvalidSignatureException", 400, AccessDenied),
    ("MissingAuthenticationToken", 400, AccessDenied),
    ("OptInRequired", 400, AccessDenied),
    ("RequestExpired", 400, AccessDenied),
    ("SignatureDoesNotMatch", 403, AccessDenied),
    ("UnrecognizedClientException", 400, AccessDenied),
    ("ValidationError", 400, Rejected),
    ("ValidationException", 400, Rejected),
];

const OF_DRS: Expected = &[
    ("ConflictException", 409, Conflict),
    ("ResourceNotFoundException", 404, NotFound),
    ("ServiceQuotaExceededException", 402, QuotaExceeded),
    ("UninitializedAccountException", 400, NotInitialized),
];

const OF_EC2: Expected = &[
    ("Unavailable", 503, Unavailable),
    ("UnauthorizedOperation", 403, AccessDenied),
    ("AuthFailure", 401, AccessDenied),
    ("Blocked", 400, AccessDenied),
    ("OperationNotPermitted", 400, Conflict),
    ("IncorrectInstanceState", 400, Conflict),
    ("IncorrectState", 400, Conflict),
    ("InvalidInstanceID.NotFound", 400, NotFound),
    ("InvalidLaunchTemplateName.NotFoundException", 400, NotFound),
    ("InvalidLaunchTemplateId.VersionNotFound", 400, NotFound),
    ("VcpuLimitExceeded", 400, QuotaExceeded),
];

const OF_ROUTE_53: Expected = &[
    ("PriorRequestNotComplete", 400, Throttled),
    ("NoSuchHostedZone", 404, NotFound),
    ("NoSuchChange", 404, NotFound),
    ("InvalidChangeBatch", 400, Conflict),
    ("InvalidInput", 400, Rejected),
];

const OF_STEP_FUNCTIONS: Expected = &[
    ("KmsThrottlingException", 400, Throttled),
    ("KmsAccessDeniedException", 400, AccessDenied),
    ("KmsInvalidStateException", 400, Conflict),
    ("StateMachineDoesNotExist", 400, NotFound),
    ("ExecutionDoesNotExist", 400, NotFound),
    ("ResourceNotFound", 400, NotFound),
    ("InvalidArn", 400, Rejected),
    ("InvalidToken", 400, Rejected),
    ("ExecutionAlreadyExists", 400, Conflict),
    ("ExecutionLimitExceeded", 400, QuotaExceeded),
    ("TaskDoesNotExist", 400, NotFound),
    ("TaskTimedOut", 400, Conflict),
];

const OF_STS: Expected =
    &[("PackedPolicyTooLarge", 400, Rejected), ("RegionDisabledException", 403, AccessDenied)];

/// Answers each code with `answer`, asks with `ask`, and holds every row of the table to what is expected.
async fn hold(
    table: &[Row],
    expected: Expected,
    answer: fn(&str, u16) -> Answer,
    ask: impl AsyncFn(&Canned) -> Result<()>,
) {
    for (pattern, _) in table {
        let ends = |code: &str| pattern.strip_prefix('*').is_some_and(|end| code.ends_with(end));
        let tested = expected.iter().any(|(code, _, _)| code == pattern || ends(code));
        assert!(tested, "{pattern} is not tested");
    }
    for (code, status, name) in EVERYWHERE.iter().chain(expected) {
        let error: Error = ask(&Canned::new([answer(code, *status)])).await.unwrap_err();
        assert_eq!(error.name(), *name, "{code}");
        assert_eq!(error.aws_error().unwrap().code, *code);
        assert_eq!(error.aws_error().unwrap().message, "why");
    }
}

fn drs(code: &str, status: u16) -> Answer {
    // DRS fills a member `code` of its own, which is not the error's name (drs-facts §1.0).
    Answer::status(status, r#"{"message":"why","code":"something else"}"#).header("x-amzn-errortype", code)
}

fn ec2(code: &str, status: u16) -> Answer {
    let error = format!("<Error><Code>{code}</Code><Message>why</Message></Error>");
    Answer::status(status, format!("<Response><Errors>{error}</Errors><RequestID>r</RequestID></Response>"))
}

fn rest_xml(code: &str, status: u16) -> Answer {
    let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>why</Message></Error>");
    Answer::status(status, format!("<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>"))
}

fn json(code: &str, status: u16) -> Answer {
    Answer::status(status, format!(r#"{{"__type":"com.amazonaws.swf.service#{code}","message":"why"}}"#))
        .header("content-type", "application/x-amz-json-1.0")
}

#[tokio::test]
async fn common_rows_are_tested() {
    for (code, _) in COMMON {
        assert!(EVERYWHERE.iter().any(|(tested, _, _)| tested == code), "{code} is not tested");
    }
}

#[tokio::test]
async fn every_row_of_drs() {
    hold(DRS, OF_DRS, drs, async |canned| canned.aws().source_servers(east(), None).await.map(drop)).await;
}

#[tokio::test]
async fn every_row_of_ec2() {
    let subnet = [nth("subnet-", 1)];
    hold(EC2, OF_EC2, ec2, async |canned| canned.aws().subnets(east(), &subnet).await.map(drop)).await;
}

#[tokio::test]
async fn every_row_of_route_53() {
    let change = "C123".parse().unwrap();
    let ask = async |canned: &Canned| canned.aws().change_status(&change).await.map(drop);
    hold(ROUTE_53, OF_ROUTE_53, rest_xml, ask).await;
}

#[tokio::test]
async fn every_row_of_step_functions() {
    let arn = |name: &str| format!("arn:aws:states:us-east-1:123456789012:stateMachine:{name}");
    let machines = Some(Machines { drill: arn("drill"), failback: arn("failback") });
    let config = Config { machines, ..Config::default() };
    let ask = async |canned: &Canned| canned.aws_with(config.clone()).running_executions().await.map(drop);
    hold(STEP_FUNCTIONS, OF_STEP_FUNCTIONS, json, ask).await;
}

/// The codes of STS do not reach the step, only what they mean does: the operation that failed is another.
#[tokio::test]
async fn every_row_of_sts() {
    let role = Role { arn: "arn:aws:iam::1:role/x".to_owned(), external_id: None };
    let config = Config { roles: [(east(), role)].into(), ..Config::default() };
    for (pattern, _) in STS {
        assert!(OF_STS.iter().any(|(code, _, _)| code == pattern), "{pattern} is not tested");
    }
    for (code, status, name) in
        OF_STS.iter().chain(&[("AccessDenied", 403, AccessDenied), ("Throttling", 400, Throttled)])
    {
        let canned = Canned::new([rest_xml(code, *status)]);
        let error = canned.aws_with(config.clone()).source_servers(east(), None).await.unwrap_err();
        assert_eq!(error.name(), *name, "{code}: {:?}", error.aws_error());
        assert_eq!(error.aws_error().unwrap().operation, "drs:DescribeSourceServers");
    }
}

#[tokio::test]
async fn an_answer_without_a_code_is_judged_by_its_status() {
    let canned = Canned::new([Answer::status(400, r#"{"message":"Invalid request body"}"#)]);
    let error = canned.aws().source_servers(east(), None).await.unwrap_err();
    assert_eq!(error.name(), Rejected);
    assert_eq!(
        error.aws_error().unwrap().to_string(),
        "drs:DescribeSourceServers answered HTTP 400: Invalid request body"
    );
}

#[tokio::test]
async fn garbage_and_silence_may_have_taken_effect() {
    for answer in [Answer::ok("{ not JSON"), Answer::status(502, "<html>"), Answer::cut()] {
        let error = Canned::new([answer]).aws().source_servers(east(), None).await.unwrap_err();
        assert_eq!(error.name(), Unavailable, "{error:?}");
    }
}

#[tokio::test]
async fn retry_after_is_passed_on() {
    let answer = drs("ThrottlingException", 429).header("retry-after", 7);
    let error = Canned::new([answer]).aws().source_servers(east(), None).await.unwrap_err();
    assert_eq!(error.aws_error().unwrap().retry_after_seconds, Some(7));
}
