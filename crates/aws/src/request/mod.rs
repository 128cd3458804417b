//! What a warrant permits, as the request that the SDK sends. Pure functions, one for each operation that changes
//! something.

pub(crate) mod drs;
pub(crate) mod ec2;
pub(crate) mod route53;
