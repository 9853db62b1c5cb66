"""What others send in the formats of their trade: suppliers' product footprints (PACT), carriers' intensities (iLEAP)."""
