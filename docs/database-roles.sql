-- The logins of the SQL functions of one environment, each with just the columns that it needs.
-- Run it as the owner of DistrictBuilder's tables, in that environment's database; it may be run again.
-- Staging needs docs/database-roles-staging.sql besides. On production no login may write s3_uri.
--
-- With secrets (setting secretArns) give each login a password of its own, the one in its secret:
--   ALTER ROLE dbops_find_regions PASSWORD '…';
--   ALTER ROLE dbops_bump_versions PASSWORD '…';
-- With IAM authentication (setting resourceId) run docs/database-roles-iam.sql last.

DO $$
DECLARE
    login text;
BEGIN
    FOREACH login IN ARRAY ARRAY['dbops_find_regions', 'dbops_bump_versions'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', login);
        END IF;
        EXECUTE format('ALTER ROLE %I CONNECTION LIMIT 8', login);
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), login);
        EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', login);
        EXECUTE format('REVOKE ALL ON region_config, project FROM %I', login);
    END LOOP;
END $$;

-- find-regions reads the rows, and counts the maps of a region. It also reads the other environment's rows, as this login there.
GRANT SELECT (id, name, country_code, region_code, s3_uri, version, hidden, archived) ON region_config TO dbops_find_regions;
GRANT SELECT (region_config_id, archived) ON project TO dbops_find_regions;

-- bump-versions locks a row with those of the same name and codes (SELECT … FOR UPDATE needs UPDATE on one column), and sets version.
GRANT SELECT (id, name, country_code, region_code, version), UPDATE (version) ON region_config TO dbops_bump_versions;
