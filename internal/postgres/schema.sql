-- The part of DistrictBuilder's schema (release 1.19.2) that the actions and the simulated tasks touch.
-- TypeORM owns the real one; columns that nothing here reads are left out of project.
CREATE TYPE region_config_census_enum AS ENUM ('2010', '2020');
CREATE TYPE project_visibility_enum AS ENUM ('PRIVATE', 'VISIBLE', 'PUBLISHED');

CREATE TABLE region_config (
    id uuid PRIMARY KEY,
    name varchar NOT NULL,
    country_code varchar NOT NULL,
    region_code varchar NOT NULL,
    s3_uri varchar NOT NULL UNIQUE,
    version timestamptz NOT NULL DEFAULT now(),
    hidden bool NOT NULL DEFAULT false,
    archived bool NOT NULL DEFAULT false,
    census region_config_census_enum NOT NULL DEFAULT '2020',
    layer_size_in_bytes int4 NOT NULL DEFAULT 0,
    UNIQUE (name, country_code, region_code, version)
);
CREATE UNIQUE INDEX region_config_live ON region_config (country_code, region_code)
    WHERE hidden <> true AND archived <> true;

CREATE TABLE project (
    id uuid PRIMARY KEY,
    name varchar NOT NULL,
    region_config_id uuid NOT NULL REFERENCES region_config (id),
    user_id uuid NOT NULL,
    districts_definition jsonb NOT NULL DEFAULT '{}',
    districts jsonb,
    region_config_version timestamptz NOT NULL,
    number_of_districts int NOT NULL,
    archived bool NOT NULL DEFAULT false,
    visibility project_visibility_enum NOT NULL DEFAULT 'PUBLISHED',
    updated_dt timestamptz NOT NULL DEFAULT now(),
    project_template_id uuid
);
