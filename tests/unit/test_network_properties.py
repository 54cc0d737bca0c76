"""What holds of every network, compared with a second, slow reading of the same manifests."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gitops.network import Network, Outside, Pod, outside
from tests.unit.hostile_objects import ANY_JSON, WHOLE, hostile
from tests.unit.network_oracle import Data, World, open_connections

KEYS = ("app", "tier")
VALUES = ("a", "b")
NAMESPACES = ("one", "two", "three")
NAMES = ("http", "dns")
PORTS = (53, 80, 81, 8080)
ADDRESSES = ("198.51.100.1", "198.51.100.200", "203.0.113.7", "2001:db8::1")
BLOCKS: tuple[Data, ...] = (
    {"cidr": "198.51.100.0/24"},
    {"cidr": "198.51.100.0/24", "except": ["198.51.100.128/25"]},
    {"cidr": "198.51.100.77/24", "except": ["198.51.100.0/26", "198.51.100.192/26"]},
    {"cidr": "203.0.113.7/32"},
    {"cidr": "200.0.0.0/5", "except": []},
    {"cidr": "2001:db8::/32"},
)
"""None of them covers an address that a pod may have."""


@st.composite
def _entry(draw: st.DrawFn) -> Data:
    entry: dict[str, Any] = {}
    if draw(st.booleans()):
        entry["protocol"] = draw(st.sampled_from(("TCP", "UDP", "SCTP")))
    port = draw(st.sampled_from((None, *PORTS, *NAMES)))
    if port is not None:
        entry["port"] = port
    if isinstance(port, int) and draw(st.booleans()):
        entry["endPort"] = draw(st.sampled_from([p for p in (*PORTS, 9000) if p >= port]))
    return entry


_labels = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES))
_values = st.lists(st.sampled_from(VALUES), min_size=1, max_size=2)
_expressions = st.one_of(
    st.fixed_dictionaries(
        {
            "key": st.sampled_from(KEYS),
            "operator": st.sampled_from(("In", "NotIn")),
            "values": _values,
        }
    ),
    st.fixed_dictionaries(
        {"key": st.sampled_from(KEYS), "operator": st.sampled_from(("Exists", "DoesNotExist"))}
    ),
)
_selectors = st.fixed_dictionaries(
    {}, optional={"matchLabels": _labels, "matchExpressions": st.lists(_expressions, max_size=2)}
)
_by_name = st.builds(
    lambda name: {"matchLabels": {"kubernetes.io/metadata.name": name}},
    st.sampled_from(NAMESPACES),
)
_peers = st.one_of(
    st.builds(lambda block: {"ipBlock": block}, st.sampled_from(BLOCKS)),
    st.fixed_dictionaries({"podSelector": _selectors}),
    st.fixed_dictionaries({"namespaceSelector": st.one_of(_selectors, _by_name)}),
    st.fixed_dictionaries(
        {"namespaceSelector": st.one_of(_selectors, _by_name), "podSelector": _selectors}
    ),
)


def _rules(peers: str) -> st.SearchStrategy[list[Data]]:
    fields = {peers: st.lists(_peers, max_size=2), "ports": st.lists(_entry(), max_size=2)}
    return st.lists(st.fixed_dictionaries({}, optional=fields), max_size=2)


_TYPES: tuple[list[str] | None, ...] = (["Ingress"], ["Egress"], ["Ingress", "Egress"], [], None)


@st.composite
def _policy(draw: st.DrawFn) -> Data:
    spec = draw(
        st.fixed_dictionaries(
            {"podSelector": _selectors},
            optional={
                "policyTypes": st.sampled_from(_TYPES),
                "ingress": _rules("from"),
                "egress": _rules("to"),
            },
        )
    )
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "policy", "namespace": draw(st.sampled_from(NAMESPACES))},
        "spec": spec,
    }


@st.composite
def _pod(draw: st.DrawFn, name: str) -> Data:
    port = st.fixed_dictionaries(
        {
            "name": st.sampled_from(NAMES),
            "containerPort": st.sampled_from(PORTS),
            "protocol": st.sampled_from(("TCP", "UDP")),
        }
    )
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": draw(st.sampled_from(NAMESPACES)),
            "labels": draw(_labels),
        },
        "spec": {"containers": [{"name": "c", "ports": draw(st.lists(port, max_size=2))}]},
    }


@st.composite
def worlds(draw: st.DrawFn) -> World:
    declared = draw(st.lists(st.sampled_from(NAMESPACES), unique=True))
    return World(
        namespaces={name: draw(_labels) for name in declared},
        pods={name: draw(_pod(name)) for name in ("p1", "p2", "p3")},
        addresses=tuple(draw(st.lists(st.sampled_from(ADDRESSES), unique=True, max_size=2))),
        ports=PORTS,
        policies=tuple(draw(st.lists(_policy(), min_size=1, max_size=4))),
    )


def network_of(world: World) -> Network:
    namespaces = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        for name, labels in world.namespaces.items()
    ]
    return Network.read([*namespaces, *world.pods.values(), *world.policies])


def allowed(world: World) -> set[tuple[str, str, int, str]]:
    network = network_of(world)
    assert network.unread == ()
    there: dict[str, Pod | Outside] = dict(zip(world.pods, network.pods, strict=True))
    there |= {each: outside(each) for each in world.addresses}
    found = set()
    for source, target, port, protocol in world.connections():
        verdict = network.allows(there[source], there[target], port, protocol)
        assert verdict.allowed is not verdict.denied, "nothing here depends on a plugin"
        if verdict.allowed:
            found.add((source, target, port, protocol))
    return found


@given(worlds())
@settings(max_examples=300)
def test_the_simulator_and_the_slow_reading_agree(world: World) -> None:
    assert allowed(world) == open_connections(world)


@given(worlds())
def test_the_order_of_policies_changes_nothing(world: World) -> None:
    turned = World(world.namespaces, world.pods, world.addresses, world.ports, world.policies[::-1])
    assert allowed(world) == allowed(turned)


@given(worlds())
def test_one_more_rule_closes_nothing(world: World) -> None:
    first, *rest = world.policies
    spec = dict(first["spec"])
    # Said first, so that a new egress rule does not imply what was not meant.
    spec["policyTypes"] = spec.get("policyTypes") or ["Ingress"] + ["Egress"] * bool(
        spec.get("egress")
    )
    wider = {**spec, "ingress": [*spec.get("ingress", []), {}]}
    wider["egress"] = [*spec.get("egress", []), {"ports": [{"port": 80}]}]
    policies = ({**first, "spec": wider}, *rest)
    opened = World(world.namespaces, world.pods, world.addresses, world.ports, policies)
    assert allowed(world) <= allowed(opened)


@given(hostile())
@settings(max_examples=600)
def test_a_hostile_manifest_is_read_or_left_out_with_a_reason(objects: list[object]) -> None:
    network = Network.read(objects)
    assert all(each.reason for each in network.unread)
    for pod in network.pods:
        assert str(network.resolves(pod))
        assert str(network.allows(outside("203.0.113.7"), pod, 80))
    for service in network.services:
        for port in service.ports:
            network.endpoints(service, port.number, port.protocol)


def test_without_anything_hostile_all_of_it_is_read() -> None:
    network = Network.read(WHOLE)
    assert network.unread == ()
    assert (len(network.pods), len(network.services), len(network.policies)) == (1, 1, 1)


@given(st.lists(ANY_JSON, max_size=4))
def test_any_json_is_read_or_left_out(objects: list[object]) -> None:
    assert {each.index for each in Network.read(objects).unread} <= set(range(len(objects)))
