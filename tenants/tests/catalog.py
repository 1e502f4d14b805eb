"""Everything that PostgreSQL's catalog says of one schema, and its rows, without the schema's own name."""

import re
from typing import Any

from django.db import connections
from psycopg import sql

Catalog = dict[tuple[str, ...], str]  # kind, then the names that identify the object -> everything about it
WORDS = r"'[^']*'::character varying"
CAST_AS_A_WHOLE = re.compile(rf"\(ARRAY\[({WORDS}(?:, {WORDS})*)\]\)::text\[\]")
OURS = "n.nspname = %(schema)s"
RELATION = "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"

QUERIES = {
    "schema": f"""SELECT '', concat_ws(' ', nspacl::text, nspowner::regrole, obj_description(oid, 'pg_namespace'))
        FROM pg_namespace n WHERE {OURS}""",
    "relation": f"""SELECT relname, concat_ws(' ', relkind, relpersistence, relowner::regrole, relacl::text,
               reloptions, relhasrules, relrowsecurity, relforcerowsecurity, relreplident, relispartition,
               relhastriggers, relhasindex, (SELECT amname FROM pg_am WHERE oid = relam), reltablespace,
               obj_description(c.oid, 'pg_class'))
        FROM {RELATION} WHERE {OURS}""",
    "column": f"""SELECT relname, attname, concat_ws(' ', attnum, format_type(atttypid, atttypmod), attnotnull,
               atthasdef, attidentity, attgenerated, attcollation::regcollation, attstorage, attcompression,
               attacl::text, attoptions, attstattarget, attislocal, attinhcount,
               pg_get_expr(adbin, adrelid), col_description(c.oid, attnum))
        FROM {RELATION} JOIN pg_attribute ON attrelid = c.oid
        LEFT JOIN pg_attrdef ON adrelid = c.oid AND adnum = attnum
        WHERE {OURS} AND attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'v', 'm', 'S', 'c')""",
    "constraint": f"""SELECT coalesce(conrelid::regclass::text, ''), conname, concat_ws(' ', contype, condeferrable,
               condeferred, convalidated, conislocal, conindid::regclass, confrelid::regclass,
               pg_get_constraintdef(o.oid), obj_description(o.oid, 'pg_constraint'))
        FROM pg_constraint o JOIN pg_namespace n ON n.oid = connamespace WHERE {OURS}""",
    "index": f"""SELECT indrelid::regclass::text, relname, concat_ws(' ', pg_get_indexdef(indexrelid), indisunique,
               indisprimary, indisvalid, indisready, indisclustered, indisreplident, indimmediate,
               obj_description(c.oid, 'pg_class'))
        FROM pg_index JOIN {RELATION} ON c.oid = indexrelid WHERE {OURS}""",
    "trigger": f"""SELECT relname, tgname, concat_ws(' ', pg_get_triggerdef(t.oid), tgenabled, tgisinternal,
               f.pronamespace::regnamespace, obj_description(t.oid, 'pg_trigger'))
        FROM pg_trigger t JOIN {RELATION} ON c.oid = tgrelid JOIN pg_proc f ON f.oid = tgfoid
        WHERE {OURS} AND NOT tgisinternal""",
    "key": f"""SELECT relname, conname, string_agg(concat_ws(' ', tgfoid::regproc, tgtype, tgenabled, tgdeferrable),
               ', ' ORDER BY tgfoid)
        FROM pg_trigger t JOIN {RELATION} ON c.oid = tgrelid JOIN pg_constraint o ON o.oid = tgconstraint
        WHERE {OURS} AND tgisinternal GROUP BY relname, conname""",
    "function": f"""SELECT p.oid::regprocedure::text, concat_ws(' ', pg_get_functiondef(p.oid), proacl::text,
               proowner::regrole, obj_description(p.oid, 'pg_proc'))
        FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE {OURS}""",
    "sequence": f"""SELECT relname, concat_ws(' ', s.seqtypid::regtype, seqstart, seqincrement, seqmax, seqmin,
               seqcache, seqcycle, pg_sequence_last_value(c.oid), refobjid::regclass, refobjsubid, deptype)
        FROM pg_sequence s JOIN {RELATION} ON c.oid = seqrelid
        LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND objid = seqrelid AND deptype IN ('a', 'i')
        WHERE {OURS}""",
    "type": f"""SELECT typname, concat_ws(' ', typtype, typowner::regrole, typacl::text)
        FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace WHERE {OURS}""",
    "rule": f"""SELECT relname, rulename, pg_get_ruledef(r.oid) FROM pg_rewrite r JOIN {RELATION} ON c.oid = ev_class
        WHERE {OURS}""",
    "policy": f"""SELECT relname, polname, concat_ws(' ', polcmd, polroles, pg_get_expr(polqual, polrelid))
        FROM pg_policy JOIN {RELATION} ON c.oid = polrelid WHERE {OURS}""",
    "statistics": f"""SELECT stxname, pg_get_statisticsobjdef(e.oid) FROM pg_statistic_ext e
        JOIN pg_namespace n ON n.oid = stxnamespace WHERE {OURS}""",
}


def of(schema: str) -> Catalog:
    """Every object of the schema, its rights, and every row but for when a migration was applied.

    Nothing is in the search path, so PostgreSQL writes each name with its schema: what belongs to another one shows.
    """
    found: Catalog = {}
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT set_config('search_path', '', false)")
        for kind, query in QUERIES.items():
            cursor.execute(query, {"schema": schema})
            for *names, told in cursor.fetchall():
                key = (kind, *(_without(name, schema) for name in names))
                assert key not in found, key
                found[key] = _without(told, schema)
        for (table,) in _rows(cursor, "SELECT tablename FROM pg_tables WHERE schemaname = %s", schema):
            found["rows", table] = _content(cursor, schema, table)
        cursor.execute("SET search_path = public")
    return found


def differences(one: Catalog, other: Catalog) -> dict[tuple[str, ...], tuple[str, str]]:
    """What is not the same in both: the object -> what is said of it in the one and in the other, '' where missing."""
    return {
        key: (one.get(key, ""), other.get(key, ""))
        for key in sorted(one.keys() | other.keys())
        if one.get(key) != other.get(key)
    }


def _content(cursor: Any, schema: str, table: str) -> str:
    query = sql.SQL("SELECT to_jsonb(t) - 'applied' FROM {} t ORDER BY 1").format(sql.Identifier(schema, table))
    return "\n".join(str(row[0]) for row in _rows(cursor, query))


def _rows(cursor: Any, query: Any, *values: str) -> list[tuple[Any, ...]]:
    cursor.execute(query, values)
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _without(text: str, schema: str) -> str:
    """Without the schema's name, and with words of a list cast one by one.

    PostgreSQL writes `status IN ('a', 'b')` as the cast of a list, and once it has read that back (from a back-up, too)
    as a list of casts.
    """
    text = CAST_AS_A_WHOLE.sub(lambda found: f"ARRAY[{_each_cast(found[1])}]", text)
    return text.replace(f"{schema}.", "SCHEMA.").replace(f" {schema} ", " SCHEMA ")


def _each_cast(words: str) -> str:
    return re.sub(f"({WORDS})", r"(\1)::text", words)
