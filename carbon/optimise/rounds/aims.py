"""What a plan is to have least of, from what the user says and the prices there are."""

from __future__ import annotations

from carbon.engine.money import exchange_rate
from carbon.errors import InputError, OrganisationError
from carbon.optimise.rounds.goal import Goal
from carbon.optimise.rounds.intake import Rounds
from carbon.optimise.rounds.problem import Objective
from carbon.units import parse_price


def objective_of(goal: Goal | str, carbon_price: str | None, rounds: Rounds) -> Objective:
    """Return the objective.

    Parameters
    ----------
    goal : Goal
    carbon_price : str, optional
        Such as ``"90 EUR/t"``: for money, and for the weighted goal, which needs one (the organisation file's otherwise).
        A front has no use for one.
    rounds : Rounds

    Raises
    ------
    InputError
        If money counts and no vehicle has a price, or a price of CO2e is needed and lacking, or given in vain.
    """
    goal, problem = Goal(goal), rounds.problem
    if goal is Goal.CO2E:
        if carbon_price is not None:
            raise InputError(
                "a carbon price changes nothing where CO2e alone counts",
                found=carbon_price,
                expected="--objective weighted or money",
                mend="leave one of the two out",
            )
        return Objective()
    priced = any(
        each.money_per_use or each.money_per_km or each.money_per_hour or each.money_per_energy
        for each in problem.fleet
    )
    if not priced:
        raise OrganisationError(
            "money is to be low, and no vehicle of the fleet file has a price",
            expected="costs: {per_use: ..., per_km: ..., per_hour: ..., per_energy: ...}",
            mend="add 'costs' to the vehicles, or plan by --objective co2e",
        )
    costs = rounds.organisation.costs if rounds.organisation else None
    stated = parse_price(carbon_price, "kg") if carbon_price else None
    if stated is None and goal is Goal.WEIGHTED:
        stated = costs.carbon_price if costs else None
        if stated is None:
            raise InputError(
                "the weighted objective needs a price of CO2e",
                expected="--carbon-price '90 EUR/t'",
                mend="give it, or set costs.carbon_price in the organisation file",
            )
    if stated is None:
        return Objective(0.0, 1.0)
    return Objective(stated.value * exchange_rate(stated.currency, problem.currency, rounds.day.year), 1.0)
