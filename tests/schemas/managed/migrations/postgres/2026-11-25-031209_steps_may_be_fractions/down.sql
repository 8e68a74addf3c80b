-- Nobody writes between what is looked at and what is changed.
LOCK TABLE "runs" IN ACCESS EXCLUSIVE MODE;

-- Stops here, with nothing changed, if `steps` has values that are no whole numbers.
DO $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM "runs" WHERE "steps" <> trunc("steps") OR "steps" < -9223372036854775808::double precision OR "steps" >= 9223372036854775808::double precision
    ) THEN
        RAISE EXCEPTION USING MESSAGE = '`steps` has values that are no whole numbers: change them first';
    END IF;
END
$$;

-- Change `steps`: int instead of float.
ALTER TABLE "runs"
    ALTER COLUMN "steps" TYPE BIGINT USING "steps"::bigint;
