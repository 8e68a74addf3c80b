-- Nobody writes between what is looked at and what is changed.
LOCK TABLE "runs" IN ACCESS EXCLUSIVE MODE;

-- Stops here, with nothing changed, if `steps` has whole numbers beyond 9007199254740992.
DO $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM "runs" WHERE "steps" NOT BETWEEN -9007199254740992 AND 9007199254740992
    ) THEN
        RAISE EXCEPTION USING MESSAGE = '`steps` has whole numbers beyond 9007199254740992: as floats they would be others; change them first';
    END IF;
END
$$;

-- Change `steps`: float instead of int.
ALTER TABLE "runs"
    ALTER COLUMN "steps" TYPE DOUBLE PRECISION USING "steps"::double precision;
