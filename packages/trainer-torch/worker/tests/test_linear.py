"""Linear layers by oneDNN, against those of torch."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from branchline_worker import device, linear
from branchline_worker.session import Session

Opened = Callable[..., tuple[Session, int]]

pytestmark = pytest.mark.skipif(not linear.is_available(), reason="this PyTorch has no oneDNN")


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(7, 96), (3, 5, 96), (2, 3, 4, 96)])
def test_values_and_gradients_are_those_of_torch(bias: bool, shape: tuple[int, ...]) -> None:
    torch.manual_seed(1)
    layer = nn.Linear(96, 160, bias=bias)
    with torch.no_grad():
        layer.weight.mul_(4)

    def computed() -> list[torch.Tensor]:
        torch.manual_seed(2)
        x = torch.randn(shape, requires_grad=True)
        layer.zero_grad()
        output = layer(x)
        (output**2).sum().backward()
        found = [output.detach(), x.grad, *(one.grad for one in layer.parameters())]
        return [one.clone() for one in found if one is not None]

    expected = computed()
    linear.use_one_dnn(nn.Sequential(layer))
    for found, wanted in zip(computed(), expected, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-3)


def test_the_processor_says_so_and_losses_agree(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    losses = {}
    for vendor in ("AuthenticAMD", "GenuineIntel"):
        monkeypatch.setattr(device, "vendor", lambda vendor=vendor: vendor)
        session, state = opened()
        assert session._device is not None
        assert ("oneDNN" in session._device.processor) == (vendor == "AuthenticAMD")
        assert ("oneDNN" in session._device.numerics) == (vendor == "AuthenticAMD")
        losses[vendor] = [session.step(state, 0.01, [3, 21, 7])["loss"] for _ in range(4)]
    assert losses["AuthenticAMD"] == pytest.approx(losses["GenuineIntel"], rel=1e-5)


@pytest.mark.parametrize("settings", [{"precision": "bfloat16"}, {"stack": 2}, {"compile": True}])
def test_other_arithmetic_is_left_to_torch(
    settings: dict[str, object], opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "vendor", lambda: "AuthenticAMD")
    session, _ = opened(**settings)
    assert session._device is not None
    assert "oneDNN" not in session._device.numerics
