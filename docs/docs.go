// Package docs holds the scripts that the documentation tells operators to run, so that they are run in tests too.
package docs

import _ "embed"

// DatabaseRoles makes the logins of the SQL functions in an environment's database.
//
//go:embed database-roles.sql
var DatabaseRoles string

// DatabaseRolesStaging makes the login of set-region-uri, on staging only.
//
//go:embed database-roles-staging.sql
var DatabaseRolesStaging string

// DatabaseRolesIAM lets the logins in by IAM token, and no longer by password.
//
//go:embed database-roles-iam.sql
var DatabaseRolesIAM string
