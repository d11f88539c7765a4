-- Lets the logins of the SQL functions in by IAM authentication (setting resourceId), and no longer by password.
-- Run it after docs/database-roles.sql, and on staging docs/database-roles-staging.sql, in the same way; it may be run again.
--
-- Do not run it where the functions log in with secrets (setting secretArns): on RDS the role rds_iam is there in any case, and
-- RDS lets none of its members in by password, whether IAM authentication is on or not. To go back to secrets:
--   REVOKE rds_iam FROM dbops_find_regions, dbops_bump_versions, dbops_set_region_uri;

DO $$
DECLARE
    login text;
BEGIN
    FOREACH login IN ARRAY ARRAY['dbops_find_regions', 'dbops_bump_versions', 'dbops_set_region_uri'] LOOP
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
            EXECUTE format('GRANT rds_iam TO %I', login);
        END IF;
    END LOOP;
END $$;
