//! The XML namespaces of AWS's services. They look like hosts, but are only names.

pub(crate) const EC2: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";
pub(crate) const ROUTE53: &str = "https://route53.amazonaws.com/doc/2013-04-01/";
pub(crate) const STS: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
