-- What the serving role may do in one of Candor's databases. Run it once in each of them, before the first migration.
--
-- `make run` and the tests do this by themselves. On your own server (PostgreSQL 14 or newer), as a superuser:
--
--   CREATE ROLE candor_owner LOGIN CREATEDB;    -- migrates, makes tenants
--   CREATE ROLE candor_app LOGIN;               -- serves: no DDL, no TRUNCATE, no triggers
--   \password candor_owner
--   \password candor_app
--   CREATE DATABASE candor OWNER candor_owner;
--   CREATE DATABASE candor_keys OWNER candor_owner;
--
--   psql -d candor      -v owner=candor_owner -v app=candor_app -f grants.sql
--   psql -d candor_keys -v owner=candor_owner -v app=candor_app -f grants.sql
--
-- Only defaults for what the owner makes later are set here. Running it again never gives back a right that a
-- migration took away (UPDATE and DELETE on the audit trail).

DO $$ BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
END $$;
SELECT set_config('candor.app', :'app', false);
DO $$ BEGIN
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), current_setting('candor.app'));
END $$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO :"owner";
GRANT USAGE ON SCHEMA public TO :"app";

ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT USAGE ON SCHEMAS TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT USAGE, SELECT ON SEQUENCES TO :"app";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT EXECUTE ON FUNCTIONS TO :"app";
