-- The login of set-region-uri. On staging only: on production s3_uri is never written, so nobody there may.
-- Run it after docs/database-roles.sql, in the same way; it may be run again. With a secret, give it a password too:
--   ALTER ROLE dbops_set_region_uri PASSWORD '…';

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dbops_set_region_uri') THEN
        CREATE ROLE dbops_set_region_uri LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
    END IF;
    ALTER ROLE dbops_set_region_uri CONNECTION LIMIT 8;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO dbops_set_region_uri', current_database());
    GRANT USAGE ON SCHEMA public TO dbops_set_region_uri;
    REVOKE ALL ON region_config, project FROM dbops_set_region_uri;
END $$;

GRANT SELECT (id, s3_uri), UPDATE (s3_uri) ON region_config TO dbops_set_region_uri;
