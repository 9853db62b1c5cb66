"""What a checkout offers: delivery options in order, where each is offered, in what it is packed."""

from __future__ import annotations

from collections.abc import Container, Mapping

from pydantic import Field, field_validator, model_validator

from carbon.errors import OrganisationError
from carbon.fields import Length, Part
from carbon.organisation.packages import Package
from carbon.organisation.parts import Key


class Within(Part):
    """Around a place or site of the organisation, or a point: great-circle distance at most `distance`."""

    place: Key | None = None
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    distance: Length

    @model_validator(mode="after")
    def _one_middle(self):
        point = [value is not None for value in (self.latitude, self.longitude)]
        if any(point) != all(point) or any(point) == (self.place is not None):
            raise OrganisationError(
                "'within' has one middle", expected="place: a place or site, or latitude: and longitude:"
            )
        return self


class DeliveryOption(Part):
    """A service as a shopper sees it; with `package`, in that package: a reusable box is an option of its own.

    `key` is the service's where it is left out, names are those of the service. `site` is where it leaves from, unless
    the cart says it. `serves` lists countries, or provinces of one (``CN-GD``); `postcodes`, first letters or digits of
    postcodes, and `within` narrow that.
    """

    key: Key | None = None
    service: Key
    package: Key | None = None
    site: Key | None = None
    name: str | None = Field(default=None, min_length=1)
    name_zh: str | None = Field(default=None, min_length=1)
    serves: tuple[str, ...] = Field(min_length=1)
    postcodes: tuple[str, ...] = ()
    within: Within | None = None
    default: bool = False

    @field_validator("postcodes", mode="before")
    @classmethod
    def _are_texts(cls, value: object) -> object:
        numbers = [each for each in value if not isinstance(each, str)] if isinstance(value, (list, tuple)) else []
        if numbers:
            raise OrganisationError(
                "a postcode is text", found=numbers[0], expected="quotes, since a leading 0 would be lost: '01'"
            )
        return value

    @property
    def name_or_key(self) -> str:
        """What it is called in files: its key, or its service's."""
        return self.key or self.service


class Checkout(Part):
    """Delivery options in the order in which shoppers see them.

    The default for a destination, which the others are compared to, is the first option that serves it and has
    ``default: true``, else the first that serves it.
    """

    options: tuple[DeliveryOption, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _keys_differ(self):
        seen: set[str] = set()
        for option in self.options:
            if option.name_or_key in seen:
                raise OrganisationError(
                    f"checkout has two options '{option.name_or_key}'", mend="give one of them a key of its own"
                )
            seen.add(option.name_or_key)
        return self

    def check(
        self, services: Container[str], packages: Mapping[str, Package], sites: Container[str], places: Container[str]
    ) -> None:
        """Check that everything named is defined.

        Raises
        ------
        OrganisationError
            With the option and what it names.
        """
        for option in self.options:
            where = f"checkout option '{option.name_or_key}'"
            middle = option.within.place if option.within else None
            for kind, name, known in (
                ("service", option.service, services),
                ("package", option.package, packages),
                ("site", option.site, sites),
                ("within.place", middle, places),
            ):
                if name is not None and name not in known:
                    raise OrganisationError(
                        f"{where}: {kind} names '{name}', which is not defined",
                        expected=", ".join(sorted(known)) or "(nothing is defined)",
                        mend="define it first",
                    )
            only = packages[option.package].services if option.package else None
            if only is not None and option.service not in only:
                raise OrganisationError(
                    f"{where}: package '{option.package}' is not for this service",
                    found=option.service,
                    expected="one of " + ", ".join(only),
                )
