"""`Optimizer`: what all optimizers share: groups of parameters, the learning rate, the state, saving it.

An optimizer of its own is two small functions: `init_state` makes the arrays that belong to one parameter,
`update` changes the parameter and these arrays in place. The optimizers of amont have `update_all` besides, which does
all parameters of a group in one pass, by a kernel of the backend.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from amont.autograd import Tensor
from amont.core.errors import ArgumentError, CheckpointError, DTypeError, ShapeError

Array = np.ndarray[Any, Any]
Schedule = Callable[[int], float]
State = dict[str, Array]


class Optimizer:
    """Changes parameters so that the loss falls: θ ← θ − η ∇L, or a refinement of it.

    `params`: the parameters (`model.parameters()`), or a list of dicts, one a group: `{"params": …, "lr": 0.01}`;
    what a group leaves out is taken from the arguments of the optimizer. `lr` is a number, or a function
    step → number (`optim.schedules`) that is asked at each step with the number of steps made before it.
    """

    def __init__(self, params: Iterable[Any], lr: float | Schedule, **defaults: Any) -> None:
        self.steps = 0
        self.param_groups = _groups(params, {"lr": lr, **defaults})
        self._state: dict[int, State] = {}  # by the position of the parameter
        for group in self.param_groups:
            self.check(group)

    # -- what an optimizer writes for itself ---------------------------------------------------------------------

    def init_state(self, p: Array, options: Mapping[str, Any]) -> State:
        """Return the arrays kept for a parameter, as they are before its first step."""
        return {}

    def update(self, p: Array, g: Array, state: State, lr: float, step: int, options: Mapping[str, Any]) -> None:
        """Change `p` and `state` in place, for the gradient `g`; this is the parameter's `step`-th step, from 1."""
        raise TypeError(f"{type(self).__name__} has no update(); write one")

    def update_all(
        self,
        p: list[Array],
        g: list[Array],
        states: list[State],
        lr: float,
        step: int,
        options: Mapping[str, Any],
    ) -> None:
        """Do `update` for all parameters of a group that make their `step`-th step now: one by one, if not together."""
        for one, gradient, state in zip(p, g, states):
            self.update(one, gradient, state, lr, step, options)

    def __init_subclass__(cls) -> None:
        """Let the `update` that a user writes for a subclass of, say, SGD take the place of SGD's `update_all`."""
        if "update" in vars(cls) and "update_all" not in vars(cls):
            cls.update_all = Optimizer.update_all  # type: ignore[method-assign]

    def check(self, options: Mapping[str, Any]) -> None:
        """Raise `ArgumentError` if the options of a group make no sense."""
        if not callable(options["lr"]):
            _check_lr(options["lr"])
        check_not_negative(weight_decay=options.get("weight_decay", 0.0))

    # -- what a user calls ---------------------------------------------------------------------------------------

    def step(self) -> None:
        """Change every parameter that has a gradient, then count the step."""
        rates = [self._rate(group) for group in self.param_groups]
        first = 0  # the position of the group's first parameter
        for group, rate in zip(self.param_groups, rates):
            together: dict[int, list[tuple[Tensor, Array, State]]] = {}  # those that make the same step, by its number
            for position, p in enumerate(group["params"], first):
                if p.grad is not None:
                    gradient, state = _fitting_gradient(p), self._state_of(position, p, group)
                    together.setdefault(state["step"].item() + 1, []).append((p, gradient, state))
            first += len(group["params"])
            for step, rows in together.items():
                params, gradients, states = map(list, zip(*rows))
                for state in states:
                    state["step"].fill(step)
                self.update_all([p._data for p in params], gradients, states, rate, step, group)
                for p in params:
                    p._version.bump()
        self.steps += 1

    def zero_grad(self) -> None:
        """Forget the gradients; without this they would add up over steps.

        Before the first step also make the state: made at the end of the step, it would take the memory that the
        step's activations have just left, and the next step's had to go elsewhere (AlexNet's peak: 86 MB more).
        """
        for group in self.param_groups:
            for p in group["params"]:
                p.grad = None
        if self.steps == 0:
            for group, position, p in self._walk():
                if p.requires_grad and position not in self._state:
                    self._state[position] = self._new_state(p, group)

    @property
    def lr(self) -> float:
        """The learning rate of the next step (of the first group). Set it to a number or a schedule, for all groups."""
        return self._rate(self.param_groups[0])

    @lr.setter
    def lr(self, value: float | Schedule) -> None:
        if not callable(value):
            _check_lr(value)
        for group in self.param_groups:
            group["lr"] = value

    def states(self) -> Iterator[tuple[Tensor, State]]:
        """Yield each parameter that has made a step, with the arrays kept for it, for whoever must change them."""
        return ((p, self._state[position]) for _, position, p in self._walk() if position in self._state)

    # -- saving --------------------------------------------------------------------------------------------------

    def state_dict(self) -> State:
        """Return all that is needed to go on bit for bit, as copies of arrays by name: `0.velocity`, `0.step`, ….

        Parameters go by their position. Learning rates that are numbers are in it (`group.0.lr`); schedules are
        functions and are not: what they say follows from `steps`.
        """
        saved = {"steps": np.array(self.steps), "parameters": np.array(len(list(self._walk())))}
        for i, group in enumerate(self.param_groups):
            if not callable(group["lr"]):
                saved[f"group.{i}.lr"] = np.array(float(group["lr"]))
        for position, state in sorted(self._state.items()):
            if state["step"] > 0:
                saved |= {f"{position}.{name}": array.copy() for name, array in state.items()}
        return saved

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Take over what `state_dict` returned; nothing is changed if anything does not fit (`CheckpointError`)."""
        arrays = {name: np.array(value) for name, value in saved.items()}
        states = self._fitting_states(arrays)
        for i, group in enumerate(self.param_groups):
            if f"group.{i}.lr" in arrays and not callable(group["lr"]):
                group["lr"] = float(arrays[f"group.{i}.lr"])
        self.steps = int(arrays["steps"])
        self._state = states

    def _fitting_states(self, arrays: State) -> dict[int, State]:
        """Return the saved arrays by parameter, or raise an error that lists what does not fit."""
        expected = {
            f"{position}.{name}": array
            for group, position, p in self._walk()
            for name, array in self._new_state(p, group).items()
        }
        own = {name: a for name, a in arrays.items() if name.partition(".")[0].isdigit()}
        n = len(list(self._walk()))
        problems = [f"missing: {name}" for name in ("steps", "parameters") if name not in arrays]
        if "parameters" in arrays and int(arrays["parameters"]) != n:
            problems.append(f"it is for {int(arrays['parameters'])} parameters, expected {n}")
        for name, array in own.items():
            wanted = expected.get(name)
            if wanted is None:
                problems.append(f"unexpected: {name}")
            elif (wanted.shape, wanted.dtype) != (array.shape, array.dtype):
                problems.append(f"{name}: expected {wanted.shape} {wanted.dtype}, got {array.shape} {array.dtype}")
        known = {name.partition(".")[0] for name in own}
        problems += [f"missing: {name}" for name in expected if name.partition(".")[0] in known and name not in own]
        if problems:
            more = f" and {len(problems) - 8} more" if len(problems) > 8 else ""
            raise CheckpointError(
                f"this state does not fit {type(self).__name__}: {'; '.join(problems[:8])}{more}; build the model and "
                f"the optimizer with the arguments they were saved with"
            )
        states: dict[int, State] = {}
        for name, array in own.items():
            position, _, slot = name.partition(".")
            states.setdefault(int(position), {})[slot] = array
        return states

    # -- inside --------------------------------------------------------------------------------------------------

    def _positions(self) -> list[range]:
        """Return the positions of each group's parameters, counted through all groups."""
        ends = list(accumulate((len(group["params"]) for group in self.param_groups), initial=0))
        return [range(begin, end) for begin, end in pairwise(ends)]

    def _walk(self) -> Iterator[tuple[dict[str, Any], int, Tensor]]:
        """Yield (group, position, parameter)."""
        for group, positions in zip(self.param_groups, self._positions()):
            for position, p in zip(positions, group["params"]):
                yield group, position, p

    def _rate(self, group: Mapping[str, Any]) -> float:
        lr = group["lr"]
        rate = lr(self.steps) if callable(lr) else lr
        return _check_lr(rate, f"the schedule's learning rate at step {self.steps}" if callable(lr) else "lr")

    def _new_state(self, p: Tensor, group: Mapping[str, Any]) -> State:
        return {"step": np.array(0), **self.init_state(p.array, group)}

    def _state_of(self, position: int, p: Tensor, group: Mapping[str, Any]) -> State:
        state = self._state.get(position)
        if state is None:
            state = self._state[position] = self._new_state(p, group)
        dtype = p._data.dtype
        for name, array in state.items():
            if array.dtype is not dtype and array.dtype != dtype and name != "step":
                raise DTypeError(
                    f"the optimizer's state is {array.dtype}, the parameter is {p.dtype} now; call model.astype() "
                    f"before making the optimizer"
                )
        return state

    def __repr__(self) -> str:
        count = sum(len(group["params"]) for group in self.param_groups)
        return f"{type(self).__name__}({count} parameters, lr={self.lr:g}, {self.steps} steps made)"


def check_not_negative(**values: float) -> None:
    """Refuse options that are negative, infinite or not a number."""
    for name, value in values.items():
        if not (_is_number(value) and math.isfinite(value) and value >= 0):
            raise ArgumentError(f"{name} must be a finite number of at least 0, got {value!r}")


def check_fraction(**values: float) -> None:
    """Refuse options outside [0, 1), such as the memory of a running mean."""
    for name, value in values.items():
        if not (_is_number(value) and 0 <= value < 1):
            raise ArgumentError(f"{name} must be a number of at least 0 and below 1, got {value!r}")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number))


def _fitting_gradient(p: Tensor) -> Array:
    """Return the gradient in the parameter's type; one of another shape would be read past its end."""
    array, gradient = p._data, p.grad
    if type(gradient) is not np.ndarray or gradient.dtype is not array.dtype:
        gradient = np.asarray(gradient, dtype=array.dtype)
    if gradient.shape != array.shape:
        name = f" {p.name!r}" if p.name else ""
        raise ShapeError(
            f"the parameter{name} has shape {p.shape}, its grad {gradient.shape}; set grad to None or to "
            f"an array of the parameter's shape"
        )
    return gradient


def _check_lr(lr: Any, what: str = "lr") -> float:
    try:
        value = float(lr)
    except (TypeError, ValueError):
        raise ArgumentError(f"{what} must be a number or a function of the step, got {lr!r}") from None
    if not (math.isfinite(value) and value >= 0):
        raise ArgumentError(f"{what} must be a finite number of at least 0, got {value!r}")
    return value


def _groups(params: Iterable[Any], defaults: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the parameters as a list of groups, each with all options."""
    if isinstance(params, (Tensor, Mapping)):
        raise ArgumentError(
            f"params must be a list of parameters, got one {type(params).__name__}; put it in a list: [p]"
        )
    if not isinstance(params, Iterable):
        raise ArgumentError(
            f"params must be a list of parameters, got {type(params).__name__}; pass model.parameters()"
        )
    items = list(params)
    grouped = bool(items) and isinstance(items[0], Mapping)
    groups = [_group(item, defaults) for item in items] if grouped else [{"params": items, **defaults}]
    seen: set[int] = set()
    for p in (p for group in groups for p in group["params"]):
        _check_parameter(p)
        if id(p) in seen:
            raise ArgumentError(f"a parameter of shape {p.shape} was given twice; each may be in one group only")
        seen.add(id(p))
    if not seen:
        raise ArgumentError(
            "there are no parameters to optimize; did an iterator run out? pass list(model.parameters())"
        )
    return groups


def _group(item: Any, defaults: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(item, Mapping) or "params" not in item:
        raise ArgumentError(f"a group of parameters must be a dict with 'params', got {item!r}")
    if unknown := sorted(set(item) - {"params", *defaults}):
        raise ArgumentError(f"a group has unknown options {', '.join(unknown)}; known: {', '.join(sorted(defaults))}")
    params = [item["params"]] if isinstance(item["params"], Tensor) else list(item["params"])
    return {**defaults, **item, "params": params}


def _check_parameter(p: Any) -> None:
    if not isinstance(p, Tensor):
        hint = "; pass model.parameters(), not named_parameters()" if isinstance(p, tuple) else ""
        raise ArgumentError(f"an optimizer takes parameters, got {type(p).__name__}{hint}")
    if p.op is not None:
        raise ArgumentError(
            f"this tensor of shape {p.shape} is the result of {type(p.op).__name__}, not a parameter; optimize the "
            f"nn.Parameter it was computed from"
        )
    if type(p) is Tensor and not p.requires_grad:
        raise ArgumentError(
            f"this tensor of shape {p.shape} is no parameter and requires no gradient, so it would never change; "
            f"wrap it: nn.Parameter(array)"
        )
