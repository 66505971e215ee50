"""What can be reached from outside, found by walking the built application: no list is kept by hand."""

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from webapp.guard import Policy

FILES = (
    "/assets",
    "/shell",
    "/_nicegui/",
)  # our own static parts and NiceGUI's: nothing in them is about anybody


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One route: `methods` is empty for a socket. `policy` is None where none was declared."""

    path: str
    methods: frozenset[str]
    policy: Policy | None

    @property
    def socket(self) -> bool:
        return not self.methods

    @property
    def static(self) -> bool:
        return self.path.startswith(FILES) or self.path == "/favicon.ico"

    def at(self, **ids: str) -> str:
        """The path with its parameters filled."""
        filled = self.path
        for name, value in ids.items():
            filled = filled.replace("{" + name + "}", value)
        assert "{" not in filled, f"{self.path}: say what to fill in"
        return filled


def addresses(routes: Iterable[Any], prefix: str = "", inherited: tuple[Any, ...] = ()) -> Iterator[Address]:
    """Every address below these routes; included routers and mounts are walked to their ends."""
    for route in routes:
        if original := getattr(route, "original_router", None):
            outer = getattr(getattr(route, "include_context", None), "prefix", "") or ""
            yield from addresses(original.routes, prefix + outer, (*inherited, *original.dependencies))
        elif (inner := getattr(route, "routes", None)) is not None and not hasattr(route, "endpoint"):
            yield from addresses(inner, prefix + route.path, inherited)
        elif hasattr(route, "path"):
            declared = (*inherited, *getattr(route, "dependencies", ()), *_parameters(route))
            yield Address(
                path=prefix + route.path,
                methods=frozenset(getattr(route, "methods", None) or ()),
                policy=_policy(declared),
            )


def _parameters(route: Any) -> list[Any]:
    """Policies that the endpoint itself asks for."""
    dependant = getattr(route, "dependant", None)
    return [] if dependant is None else list(dependant.dependencies)


def _policy(declared: Iterable[Any]) -> Policy | None:
    """The narrowest policy among the dependencies."""
    found = [getattr(d, "dependency", None) or getattr(d, "call", None) for d in declared]
    policies = [policy for policy in found if isinstance(policy, Policy)]
    return max(policies, key=lambda policy: (policy.kind is not None, len(policy.roles) > 0), default=None)


def methods(services: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public coroutine method of every service, and of what a service offers in turn: name, bound method."""
    met: set[int] = set()
    waiting = [getattr(services, field.name) for field in fields(services)]
    while waiting:
        service = waiting.pop(0)
        if id(service) in met or not type(service).__module__.startswith("webapp."):
            continue
        met.add(id(service))
        for name, _ in inspect.getmembers(type(service), inspect.iscoroutinefunction):
            if not name.startswith("_"):
                yield f"{type(service).__name__}.{name}", getattr(service, name)
        waiting += [
            part for name, part in getattr(service, "__dict__", {}).items() if not name.startswith("_")
        ]
