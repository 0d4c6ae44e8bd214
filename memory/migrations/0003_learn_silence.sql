-- How long carriers usually take between two scans: counted gaps by stretch and business days, and what each parcel has
-- added to them, so that looking at a parcel again replaces its share instead of adding it once more.

CREATE TABLE scan_gaps (
    stretch TEXT NOT NULL,
    days BIGINT NOT NULL,
    times BIGINT NOT NULL,
    PRIMARY KEY (stretch, days)
);

CREATE TABLE parcel_gaps (
    parcel TEXT PRIMARY KEY,
    counted TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX parcel_gaps_at ON parcel_gaps (at);
