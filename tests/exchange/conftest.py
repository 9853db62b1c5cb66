"""Product footprints written by hand: invented products with round numbers, in the two data models of PACT."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

GTIN = "4006381333931"


@pytest.fixture
def version_2() -> dict:
    """Return a footprint of version 2: 12 litres of 0.5 kg each."""
    return {
        "id": "d9be4477-e351-45b3-acd9-e1da05e6f633", "specVersion": "2.2.0", "version": 0, "status": "Active",
        "created": "2024-05-22T21:47:32Z", "companyName": "Maker", "companyIds": ["urn:company:maker:1"],
        "productDescription": "cleaner", "productIds": [f"urn:gtin:{GTIN}"], "productCategoryCpc": "3342",
        "productNameCompany": "Cleaner 12 l", "comment": "",
        "pcf": {
            "declaredUnit": "liter", "unitaryProductAmount": "12", "pCfExcludingBiogenic": "0.5",
            "pCfIncludingBiogenic": "0.3", "biogenicCarbonWithdrawal": "-0.2", "fossilGhgEmissions": "0.5",
            "fossilCarbonContent": "0.1", "biogenicCarbonContent": "0.05", "characterizationFactors": "AR6",
            "ipccCharacterizationFactorsSources": ["AR6"], "crossSectoralStandardsUsed": ["ISO Standard 14067"],
            "boundaryProcessesDescription": "cradle to gate", "exemptedEmissionsPercent": 0,
            "exemptedEmissionsDescription": "", "packagingEmissionsIncluded": True, "geographyCountry": "DE",
            "referencePeriodStart": "2023-01-01T00:00:00Z", "referencePeriodEnd": "2024-01-01T00:00:00Z",
            "primaryDataShare": 40.0,
        },
    }  # fmt: skip


@pytest.fixture
def version_3() -> dict:
    """Return a footprint of version 3: a dozen pieces of 6 kg together, 0.6 kg of them removed and 1 kg taken up."""
    return {
        "id": "f4b1225a-bd44-4c8e-861d-079e4e1dfd69", "specVersion": "3.0.0", "status": "Active",
        "created": "2025-02-01T00:00:00+00:00", "companyName": "Mill", "companyIds": ["urn:company:mill:1"],
        "productDescription": "", "productIds": ["urn:pact:mill.example:product-id:towel-12"],
        "productNameCompany": "Towels",
        "pcf": {
            "declaredUnitOfMeasurement": "piece", "declaredUnitAmount": "12", "productMassPerDeclaredUnit": "4.8",
            "pcfExcludingBiogenicUptake": "5.4", "pcfIncludingBiogenicUptake": "4.4", "biogenicCO2Uptake": "-1.0",
            "landManagementBiogenicCO2Removals": "-0.4", "technologicalCO2Removals": "-0.2",
            "fossilGhgEmissions": "6.0", "fossilCarbonContent": "0", "ipccCharacterizationFactors": ["AR6"],
            "crossSectoralStandards": ["PACT-3.0"], "exemptedEmissionsPercent": "0",
            "referencePeriodStart": "2024-01-01T00:00:00Z", "referencePeriodEnd": "2025-01-01T00:00:00Z",
            "primaryDataShare": "25.5",
        },
    }  # fmt: skip


@pytest.fixture
def written(tmp_path) -> Callable:
    """Return a function that writes a JSON document and gives its path."""

    def write(data: object, name: str = "sent.json") -> Path:
        path = tmp_path / name
        path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
        return path

    return write
