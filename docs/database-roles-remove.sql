-- Takes the rights of the SQL functions' logins in this database away, and the logins themselves once they have rights nowhere
-- else on the server. Run it as the one who ran docs/database-roles.sql, in every database where that was run; it may be run again.
-- It does not matter whether docs/database-roles-staging.sql and docs/database-roles-iam.sql were run.
--
-- It takes back what those scripts gave, right by right: DROP OWNED would also take rights in other databases of the server,
-- and is refused to an owner who is no superuser.

DO $$
DECLARE
    login text;
    rest  text;
BEGIN
    FOREACH login IN ARRAY ARRAY['dbops_find_regions', 'dbops_bump_versions', 'dbops_set_region_uri'] LOOP
        CONTINUE WHEN NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login);
        EXECUTE format('REVOKE ALL ON region_config, project FROM %I', login); -- of their columns, too
        EXECUTE format('REVOKE ALL ON SCHEMA public FROM %I', login);
        EXECUTE format('REVOKE ALL ON DATABASE %I FROM %I', current_database(), login);

        -- A right on a database itself belongs to no database in pg_shdepend: there the database is the object.
        SELECT string_agg(DISTINCT d.datname, ', ') INTO rest
        FROM pg_shdepend s JOIN pg_database d ON d.oid = CASE s.dbid WHEN 0 THEN s.objid ELSE s.dbid END
        WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = (SELECT oid FROM pg_roles WHERE rolname = login);
        IF rest IS NULL THEN
            EXECUTE format('DROP ROLE %I', login);
        ELSE
            RAISE NOTICE '% stays, it has rights in: %. In another database: run this script there. In this one: they were given by hand.', login, rest;
        END IF;
    END LOOP;
END $$;
