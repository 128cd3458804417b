//! STS: who calls, and roles to assume. Nothing is checked: every key is good, and every role may be assumed.

use failback_core::region::Region;
use failback_sim::{Request, ServiceError, World};

use crate::answer::{Answer, Reply};
use crate::ec2::REQUEST_ID;
use crate::incoming::Incoming;
use crate::namespaces;
use crate::query::Parameters;
use crate::scope::Scope;
use crate::time::zulu;
use crate::xml::Xml;

const HOUR_MS: i64 = 3_600_000;

/// Answers a request to STS.
pub(crate) fn answer(world: &mut World, region: Option<Region>, incoming: &Incoming, scope: &Scope) -> Reply {
    let parameters = Parameters::read(incoming);
    match parameters.action() {
        "GetCallerIdentity" => {
            let outcome = world.call(Request::new("sts:GetCallerIdentity", region, [""; 0]), |world| {
                Ok(world.account().to_owned())
            });
            Reply::of(outcome, |account| identity(&account, scope), |fault| error(&fault))
        }
        "AssumeRole" => {
            let role = parameters.text("RoleArn").unwrap_or_default().to_owned();
            let session = parameters.text("RoleSessionName").unwrap_or_default().to_owned();
            let request = Request::new("sts:AssumeRole", region, [&role]);
            let outcome = world.call(request, |world| {
                if !role.starts_with("arn:") || session.is_empty() {
                    return Err(ServiceError::new(
                        "ValidationError",
                        "RoleArn and RoleSessionName are required",
                    ));
                }
                Ok(world.now_ms())
            });
            Reply::of(outcome, |now| assumed(&role, &session, now), |fault| error(&fault))
        }
        action => {
            let message = format!(
                "{action} is not modelled by this simulator. Operations of STS that are: GetCallerIdentity, AssumeRole"
            );
            Reply::Answer(error(&ServiceError::new("InvalidAction", message)))
        }
    }
}

/// An error in the form of AWS's older query protocol.
pub(crate) fn error(fault: &ServiceError) -> Answer {
    let text = Xml::document("ErrorResponse", namespaces::STS, |xml| {
        xml.element("Error", |xml| {
            xml.leaf("Type", if fault.http < 500 { "Sender" } else { "Receiver" });
            xml.leaf("Code", fault.code);
            xml.leaf("Message", &fault.message);
        });
        xml.leaf("RequestId", REQUEST_ID);
    });
    Answer::xml(fault.http, text)
}

fn response(name: &str, inner: impl FnOnce(&mut Xml)) -> Answer {
    let text = Xml::document(&format!("{name}Response"), namespaces::STS, |xml| {
        xml.element(&format!("{name}Result"), inner);
        xml.element("ResponseMetadata", |xml| xml.leaf("RequestId", REQUEST_ID));
    });
    Answer::xml(200, text)
}

fn identity(account: &str, scope: &Scope) -> Answer {
    response("GetCallerIdentity", |xml| {
        xml.leaf("Arn", format!("arn:aws:iam::{account}:user/{}", scope.key));
        xml.leaf("UserId", &scope.key);
        xml.leaf("Account", account);
    })
}

fn assumed(role: &str, session: &str, now_ms: i64) -> Answer {
    let assumed = role.replace(":iam::", ":sts::").replace(":role/", ":assumed-role/");
    response("AssumeRole", |xml| {
        xml.element("Credentials", |xml| {
            xml.leaf("AccessKeyId", "ASIASIMULATED0000000");
            xml.leaf("SecretAccessKey", "simulated");
            xml.leaf("SessionToken", "simulated");
            xml.leaf("Expiration", zulu(now_ms + HOUR_MS));
        });
        xml.element("AssumedRoleUser", |xml| {
            xml.leaf("AssumedRoleId", format!("AROASIMULATED0000000:{session}"));
            xml.leaf("Arn", format!("{assumed}/{session}"));
        });
    })
}
