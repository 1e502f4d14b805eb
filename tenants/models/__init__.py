from tenants.models.api_keys import ApiKey
from tenants.models.closing import Closing, ClosingCertificate, TenantExport
from tenants.models.custom_domains import CustomDomain
from tenants.models.email_domains import EmailDomain
from tenants.models.saml import SamlConnection
from tenants.models.saml_requests import SamlReport, SamlRequest, SamlUse
from tenants.models.schemas import Blueprint, SchemaMigration
from tenants.models.scim import ScimConnection
from tenants.models.signup import SignUp
from tenants.models.support import SupportGrant
from tenants.models.tenants import Domain, Logo, ProvisioningStep, Tenant, check_color, check_subdomain
from tenants.models.trials import TriedMailbox

__all__ = [
    "ApiKey",
    "Blueprint",
    "Closing",
    "ClosingCertificate",
    "CustomDomain",
    "Domain",
    "EmailDomain",
    "Logo",
    "ProvisioningStep",
    "SamlConnection",
    "SamlReport",
    "SamlRequest",
    "SamlUse",
    "SchemaMigration",
    "ScimConnection",
    "SignUp",
    "SupportGrant",
    "Tenant",
    "TenantExport",
    "TriedMailbox",
    "check_color",
    "check_subdomain",
]
