"""What every function asks of its arguments; each error is one line: what,
got, expected.

Not part of the contract: these names are not exported by the package.
"""

import itertools
import math
import numbers
import operator
import warnings

import numpy as np
import torch

FLOATS = {torch.float64, torch.float32}
NUMPY_FLOATS = {np.dtype("float64"), np.dtype("float32")}
WHOLE = {
    torch.bool,
    torch.uint8,
    torch.uint16,
    torch.uint32,
    torch.uint64,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
}
NUMBERS = FLOATS | WHOLE
# What is more is a mistake, and would fill the memory.
MOST_SIZES, MOST_WEIGHTS, MOST_PARAMETERS = 10_000, 2**27, 10**6
LARGEST = float(np.finfo("float32").max)


def as_tensor(name, value):
    """The named value as a tensor of numbers, read as NumPy reads it:
    Python's floats become float64 and not PyTorch's float32.
    """
    if is_dense(value):
        return value
    value = read(name, value)
    if value.dtype not in NUMPY_FLOATS and value.dtype.kind not in "biu":
        raise ValueError(
            f"{name}: got an array of {value.dtype}, expected numbers in "
            "float64 or float32"
        )
    # PyTorch takes one order of bytes and axes, its own.
    return torch.tensor(value.astype(value.dtype.name))


def is_dense(value):
    """Whether it is a tensor of numbers that has each of them in memory."""
    return (
        isinstance(value, torch.Tensor)
        and value.dtype in NUMBERS
        and value.layout is torch.strided
        and not (value.is_meta or value.is_nested)
    )


def read(name, value):
    """The named value as NumPy reads it, whatever it holds."""
    try:
        return np.asarray(value)
    except ValueError:
        raise ragged(name, value) from None
    except Exception as error:  # of the value itself, which NumPy asks
        raise ValueError(
            f"{name}: got {shown(value)}, which NumPy cannot read "
            f"({printable(str(error))}), expected numbers in a regular shape"
        ) from None


def ragged(name, value):
    """What to say of lists that are no array."""
    return ValueError(
        f"{name}: got {shown(value)}, expected numbers in a regular shape"
    )


def shown(value):
    """The value in a message: the beginning of its repr, in one line."""
    try:
        return " ".join(printable(repr(value)).split())[:60]
    except Exception:  # of its own __repr__; an int may be too long for one
        return f"<{type(value).__name__}>"


def printable(text):
    """The beginning of a text, in one line."""
    return "".join(c if c.isprintable() else " " for c in text[:500])


def label(key):
    """A key in a message: as it is, if it is a word."""
    is_word = isinstance(key, str) and key.isprintable()
    return key[:60] if is_word else shown(key)


def floats(**arrays):
    """The named arrays as float arrays of one dtype: integers become floats,
    float64 wins over float32.
    """
    values = [as_tensor(name, value) for name, value in arrays.items()]
    dtypes = {value.dtype for value in values}
    if len(dtypes) == 1 and dtypes <= FLOATS:
        return values
    widest = (
        torch.float32
        if dtypes & FLOATS == {torch.float32}
        else torch.float64
    )
    return [value.to(widest) for value in values]


def neuron_shapes(x, weight, bias):
    """x (N, D) or (D,), weight (K, D), bias (K,)."""
    if weight.ndim != 2:
        raise ValueError(
            f"weight: got shape {shape(weight)}, expected (K, D)"
        )
    if bias.shape != weight.shape[:1]:
        raise ValueError(
            f"bias: got shape {shape(bias)}, expected {(weight.shape[0],)} "
            f"to fit weight {shape(weight)}"
        )
    if x.ndim not in (1, 2) or x.shape[-1] != weight.shape[1]:
        wanted = f"(N, {weight.shape[1]}) or ({weight.shape[1]},)"
        raise ValueError(
            f"x: got shape {shape(x)}, expected {wanted} to fit weight "
            f"{shape(weight)}"
        )
    not_empty("x", x)


def sample_shapes(x, y, weight, bias):
    """One sample: x (D,), y (K,)."""
    neuron_shapes(x, weight, bias)
    if x.ndim != 1:
        raise ValueError(
            f"x: got shape {shape(x)}, expected one sample of shape "
            f"({weight.shape[1]},)"
        )
    if y.shape != bias.shape:
        raise ValueError(
            f"y: got shape {shape(y)}, expected {shape(bias)} to fit bias "
            f"{shape(bias)}"
        )


def batch_shapes(x, y, weight, bias):
    """All samples: x (N, D), y (N, K)."""
    neuron_shapes(x, weight, bias)
    if x.ndim != 2:
        raise ValueError(
            f"x: got shape {shape(x)}, expected (N, {weight.shape[1]})"
        )
    if y.shape != (len(x), len(bias)):
        wanted = (len(x), len(bias))
        raise ValueError(
            f"y: got shape {shape(y)}, expected {wanted} to fit x "
            f"{shape(x)} and bias {shape(bias)}"
        )


def same_shape(pred_name, pred, target_name, target):
    """Equal shapes: a prediction (N, 1) against a target (N,) would
    broadcast to (N, N).
    """
    if pred.shape != target.shape:
        raise ValueError(
            f"{target_name}: got shape {shape(target)}, expected "
            f"{shape(pred)} as {pred_name} has; nothing is broadcast"
        )


def not_empty(name, value):
    """At least one number."""
    if 0 in value.shape:
        raise ValueError(
            f"{name}: got shape {shape(value)}, which holds no numbers; "
            "expected at least one sample"
        )


def scores(name, value):
    """A row of at least one number, or several rows."""
    if value.ndim == 0:
        raise ValueError(
            f"{name}: got one number, expected (N, K) or (K,), a score for "
            "each class"
        )
    not_empty(name, value)


def signs(name, y):
    """Labels -1 or +1, which is what a sign can be compared with."""
    if not (abs(y) == 1).all():
        wrong = y[abs(y) != 1].ravel()[0]
        raise ValueError(
            f"{name}: got the label {wrong.item():g}, expected only -1 and "
            "+1"
        )


def between_0_and_1(name, value):
    """Probabilities."""
    if not ((value >= 0) & (value <= 1)).all():
        wrong = value[~((value >= 0) & (value <= 1))].ravel()[0]
        raise ValueError(
            f"{name}: got the value {wrong.item():g}, expected only numbers "
            "from 0 to 1"
        )


def class_indices(name, target, pred):
    """One class index for each row of pred (N, K), as an integer array."""
    target = as_tensor(name, target)
    if pred.ndim != 2:
        raise ValueError(
            f"pred: got shape {shape(pred)}, expected (N, K), a score for "
            "each class"
        )
    if target.shape != pred.shape[:1]:
        raise ValueError(
            f"{name}: got shape {shape(target)}, expected ({len(pred)},) to "
            f"fit pred {shape(pred)}"
        )
    if target.dtype not in WHOLE - {torch.bool}:
        raise ValueError(
            f"{name}: got an array of {str(target.dtype)[6:]}, expected "
            "whole numbers, the class indices"
        )
    classes = target.long()  # where 2**63 and above become negative
    if not ((classes >= 0) & (classes < pred.shape[1])).all():
        wrong = target[(classes < 0) | (classes >= pred.shape[1])][0]
        raise ValueError(
            f"{name}: got the class {wrong}, expected 0 to "
            f"{pred.shape[1] - 1} to fit pred {shape(pred)}"
        )
    return classes


def not_negative(name, value):
    """A finite number from 0 on, as a Python float."""
    number = real(value)
    if not 0 <= number < math.inf:
        raise ValueError(
            f"{name}: got {shown(value)}, expected a finite number from 0 on"
        )
    return number


def real(value):
    """A Python float; nan for what is no real number, inf where it is
    beyond all floats.
    """
    # float first: numbers.Real is slow to ask, and an optimizer asks at
    # every step.
    is_real = isinstance(value, (float, numbers.Real))
    if not is_real or isinstance(value, bool):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def count(name, value):
    """A whole number from 0 on."""
    if (
        not isinstance(value, numbers.Integral)
        or isinstance(value, bool)
        or int(value) < 0
    ):
        raise ValueError(
            f"{name}: got {shown(value)}, expected a whole number from 0 on"
        )


def choice(name, value, options):
    """One of the named options; the nearest is suggested."""
    if not isinstance(value, str) or value not in options:
        from difflib import get_close_matches

        typed = value.lower() if isinstance(value, str) else ""
        known = {option.lower(): option for option in options}
        nearest = [
            name for name in known if typed and name.startswith(typed)
        ] or get_close_matches(typed[:60], known, n=1)
        hint = f"; did you mean {known[nearest[0]]!r}?" if nearest else ""
        raise ValueError(
            f"{name}: got {shown(value)}, expected one of "
            f"{', '.join(options)}{hint}"
        )


def layer_sizes(name, sizes):
    """At least two counts from 1 on, as a list of ints: inputs and outputs
    of layers that fit into memory.
    """
    try:
        sizes = list(itertools.islice(sizes, MOST_SIZES + 1))
        fit = len(sizes) > 1 and all(
            isinstance(size, numbers.Integral)
            and not isinstance(size, bool)
            and int(size) > 0
            for size in sizes
        )
    except TypeError:
        fit = False
    if not fit:
        raise ValueError(
            f"{name}: got {shown(sizes)}, expected at least two whole "
            "numbers from 1 on"
        )
    sizes = [int(size) for size in sizes]
    weights = sum(d * k for d, k in itertools.pairwise(sizes))
    if len(sizes) > MOST_SIZES or weights > MOST_WEIGHTS:
        raise ValueError(
            f"{name}: got {shown(sizes)}, expected at most {MOST_SIZES} "
            f"sizes and {MOST_WEIGHTS} weights"
        )
    return sizes


def callback(name, function):
    """What is called after each epoch or step, if anything."""
    if function is not None and not callable(function):
        raise ValueError(
            f"{name}: got {shown(function)}, expected a function or None"
        )


def network(name, model):
    """What has gradients to forget, and so parameters."""
    if isinstance(model, type) or not hasattr(model, "zero_grad"):
        raise ValueError(
            f"{name}: got {shown(model)}, expected a net such as MLP"
        )


def updater(name, optimizer):
    """What forgets gradients and updates parameters."""
    able = hasattr(optimizer, "zero_grad") and hasattr(optimizer, "step")
    if isinstance(optimizer, type) or not able:
        raise ValueError(
            f"{name}: got {shown(optimizer)}, expected an optimizer such as "
            "SGD"
        )


def dictionary(name, value):
    """What a state is read from."""
    if not isinstance(value, dict):
        raise ValueError(
            f"{name}: got {shown(value)}, expected a dictionary"
        )


def parameter_arrays(state_dict):
    """The arrays by name from which a net is set."""
    dictionary("state_dict", state_dict)
    return {
        key: floats(**{label(key): value})[0]
        for key, value in state_dict.items()
    }


def generator_seed(seed):
    """None, or a whole number that starts the generator of either
    library.
    """
    if seed is not None:
        count("seed", seed)
        if seed >= 2**64:
            raise ValueError(
                f"seed: got {seed}, expected a whole number below 2**64"
            )


def state_fits(state_dict, parameters):
    """The keys and shapes of the parameters; all that is wrong is named at
    once.
    """
    missing = [
        f"{name} is missing" for name in parameters if name not in state_dict
    ]
    extra = [
        f"{label(name)} is unknown"
        for name in state_dict
        if name not in parameters
    ]
    shapes = [
        f"{name} has shape {shape(state_dict[name])}, expected "
        f"{shape(parameter)}"
        for name, parameter in parameters.items()
        if name in state_dict and shape(state_dict[name]) != shape(parameter)
    ]
    if missing + extra + shapes:
        raise ValueError(
            "state_dict: " + "; ".join(missing + extra + shapes)
        )


def epoch_orders(orders, epochs, n):
    """The order of the samples in each epoch: as given, one permutation of
    range(n) an epoch, or 0..n-1.
    """
    if orders is None:
        for _ in range(epochs):
            yield list(range(n))
        return
    try:
        orders = iter(orders)
    except TypeError:
        raise ValueError(
            f"orders: got {shown(orders)}, expected a permutation of "
            f"0..{n - 1} for each epoch"
        ) from None
    # range first: zip then asks no epoch too many of a generator.
    for epoch, order in zip(range(epochs), orders, strict=False):
        yield permutation(f"orders[{epoch}]", order, n)


def finite_loss(loss, epoch):
    """Whether training may go on; says in one line where it went out of
    range.
    """
    if math.isfinite(loss):
        return True
    warnings.warn(
        f"the loss became {float(loss)} in epoch {epoch}; training stopped",
        stacklevel=3,
    )
    return False


def optimizer_options(options):
    """The options of an optimizer by name: numbers as Python floats, each in
    its range.
    """
    checked = {
        name: NO_AMOUNTS.get(name, not_negative)(name, value)
        for name, value in options.items()
    }
    if checked.get("nesterov") and (
        checked["momentum"] == 0 or checked["dampening"] != 0
    ):
        raise ValueError(
            "Nesterov momentum requires a momentum and zero dampening"
        )
    return checked


def options_held(options, arrays):
    """What float32 cannot hold, no float32 array is multiplied by."""
    for name, value in options.items():
        if (
            name != "betas"
            and value > LARGEST
            and any(map(is_narrow, arrays))
        ):
            raise ValueError(
                f"{name}: got {value}, expected at most {LARGEST:.1e}, as "
                "the parameters are float32"
            )


def is_narrow(array):
    """Whether it is float32."""
    return array.dtype == torch.float32


def _switch(name, value):
    if not isinstance(value, bool):
        raise ValueError(
            f"{name}: got {shown(value)}, expected True or False"
        )
    return value


def _betas(name, betas):
    if not isinstance(betas, (tuple, list)) or len(betas) != 2:
        raise ValueError(
            f"{name}: got {shown(betas)}, expected a pair of numbers"
        )
    for index, beta in enumerate(betas):
        if not 0 <= real(beta) < 1:
            raise ValueError(
                f"{name}[{index}]: got {shown(beta)}, expected a number "
                "from 0 up to but not including 1"
            )
    return float(betas[0]), float(betas[1])


NO_AMOUNTS = {
    "betas": _betas,
    "nesterov": _switch,
    "amsgrad": _switch,
    "centered": _switch,
}


# What an optimizer keeps of each parameter, and the option without which it
# does not need it.
STATE_KEYS: dict[str, dict[str, str | None]] = {
    "SGD": {"momentum_buffer": "momentum"},
    "Adam": {
        "step": None,
        "exp_avg": None,
        "exp_avg_sq": None,
        "max_exp_avg_sq": "amsgrad",
    },
    "AdamW": {
        "step": None,
        "exp_avg": None,
        "exp_avg_sq": None,
        "max_exp_avg_sq": "amsgrad",
    },
    "RMSprop": {
        "step": None,
        "square_avg": None,
        "momentum_buffer": "momentum",
        "grad_avg": "centered",
    },
    "Adagrad": {"step": None, "sum": None},
}


def optimizer_state(kind, state, param, options):
    """The state of one parameter, with its arrays in the dtype of the
    parameter, None being an empty one.
    """
    state = {} if state is None else state
    wrong = _state_faults(kind, state, param, options)
    if wrong:
        raise ValueError("state: " + "; ".join(wrong))
    return {
        key: state_value(key, value, param) for key, value in state.items()
    }


def _state_faults(kind, state, param, options):
    """All that is wrong with the state of one parameter."""
    if not isinstance(state, dict):
        return [f"got {shown(state)}, expected a dictionary"]
    if not state:
        return []
    keys = STATE_KEYS[kind]
    missing = [
        f"{k} is missing"
        for k, option in keys.items()
        if k not in state and (not option or options[option])
    ]
    extra = [f"{label(key)} is unknown" for key in state if key not in keys]
    faults = (
        _entry_fault(key, value, param)
        for key, value in state.items()
        if key in keys
    )
    return missing + extra + [fault for fault in faults if fault]


def _entry_fault(key, value, param):
    """What is wrong with one entry of a state, or None."""
    try:
        value = as_tensor(key, value)
    except ValueError as error:
        return str(error)
    wanted = () if key == "step" else shape(param)
    if shape(value) != wanted:
        return f"{key} has shape {shape(value)}, expected {wanted}"
    if key == "step" and not 0 <= value.item() < math.inf:
        return f"step is {value.item()}, expected a finite number from 0 on"
    return None


def state_lacks(key):
    """What to say of an entry that an update looks for in vain."""
    return (
        f"state: {key} is missing; an option that needs it cannot be "
        "switched on between steps"
    )


def parameter_groups(params, options, kind):
    """The groups of an optimizer, each with its parameters, of the class
    given, and with every option.
    """
    if isinstance(params, kind):
        raise ValueError(
            f"params: got one {kind.__name__}, expected a list of them"
        )
    params = listed("params", params)
    if not params:
        raise ValueError("params: got none, expected at least one parameter")
    groups = params if isinstance(params[0], dict) else [{"params": params}]
    groups = [
        _group(f"params[{number}]", group, options, kind)
        for number, group in enumerate(groups)
    ]
    everything = [
        id(parameter) for group in groups for parameter in group["params"]
    ]
    if len(set(everything)) < len(everything):
        raise ValueError(
            "params: got a parameter twice, expected each in one group"
        )
    return groups


def listed(name, values):
    """All of an iterable, as a list."""
    try:
        return list(itertools.islice(values, MOST_PARAMETERS))
    except TypeError:
        raise ValueError(
            f"{name}: got {shown(values)}, expected a list"
        ) from None


def _group(name, group, options, kind):
    if not isinstance(group, dict) or "params" not in group:
        raise ValueError(
            f"{name}: got {shown(group)}, expected a dictionary with "
            '"params"'
        )
    params = (
        [group["params"]]
        if isinstance(group["params"], kind)
        else listed(name, group["params"])
    )
    for parameter in params:
        if not isinstance(parameter, kind):
            raise ValueError(
                f"{name}: got {type(parameter).__name__}, expected a "
                f"{kind.__name__}"
            )
    for option in group:
        if option != "params":
            choice(name, option, tuple(options))
    options = optimizer_options(
        {name: group.get(name, options[name]) for name in options}
    )
    options_held(options, params)
    return {"params": params, **options}


def optimizer_state_dict(kind, state_dict, groups, names):
    """A state_dict that fits the groups; all that is wrong is named."""
    dictionary("state_dict", state_dict)
    keys = ("state", "param_groups")
    wrong = [f"{key} is missing" for key in keys if key not in state_dict]
    wrong += [
        f"{label(key)} is unknown" for key in state_dict if key not in keys
    ]
    if not wrong:
        saved, states = state_dict["param_groups"], state_dict["state"]
        wrong = _faults_of_groups(kind, saved, names)
        if not isinstance(states, dict):
            wrong.append(f"state is {shown(states)}, expected a dictionary")
    if wrong:
        raise ValueError("state_dict: " + "; ".join(wrong))
    sizes, wanted = (
        [len(group["params"]) for group in saved],
        [len(group["params"]) for group in groups],
    )
    if sizes != wanted:
        raise ValueError(
            f"state_dict: got groups of {sizes} parameters, expected "
            f"{wanted}"
        )
    owners = {
        i: pair
        for old, new in zip(saved, groups, strict=True)
        for i, pair in _owners(old, new)
    }
    wrong = [
        f"state[{label(index)}] belongs to no parameter"
        for index in states
        if index not in owners
    ]
    if not wrong:
        wrong = [
            f"state[{index}]: {fault}"
            for index, state in states.items()
            for fault in _state_faults(kind, state, *owners[index])
        ]
    if wrong:
        raise ValueError("state_dict: " + "; ".join(wrong))
    for group in saved:
        optimizer_options({name: group[name] for name in names})


def _owners(saved, group):
    return [
        (i, (parameter, saved))
        for i, parameter in zip(
            saved["params"], group["params"], strict=True
        )
    ]


def _faults_of_groups(kind, saved, names):
    if not isinstance(saved, list):
        return [f"param_groups is {shown(saved)}, expected a list"]
    return [
        fault
        for number, group in enumerate(saved)
        for fault in _group_faults(kind, number, group, names)
    ]


def _group_faults(kind, number, group, names):
    """PyTorch's groups hold switches that change nothing here, and two that
    must stand as they do here.
    """
    ignored = ("params", "foreach", "fused", "capturable", "differentiable")
    fixed = {"maximize": False, "decoupled_weight_decay": kind == "AdamW"}
    if not isinstance(group, dict):
        yield (
            f"param_groups[{number}] is {shown(group)}, expected a "
            "dictionary"
        )
        return
    params = group.get("params", [])
    if not isinstance(params, list) or not all(
        isinstance(index, int) for index in params
    ):
        yield f"param_groups[{number}]: params is no list of numbers"
        return
    for name in (*names, "params"):
        if name not in group:
            yield f"param_groups[{number}]: {name} is missing"
    for name, value in group.items():
        if name in fixed and value is not fixed[name]:
            yield (
                f"param_groups[{number}]: {name} is {shown(value)}, "
                f"expected {fixed[name]} in {kind}"
            )
        elif name not in (*names, *ignored, *fixed):
            yield f"param_groups[{number}]: {label(name)} is unknown"


def state_value(key, value, param):
    """One entry of a state, always a copy: the count of the steps as PyTorch
    keeps it, the rest like the parameter.
    """
    tensor = as_tensor(key, value).detach()
    if key == "step":
        return torch.tensor(float(tensor))
    return tensor.to(param.device, param.dtype, copy=True)


def samples(x, y):
    """Inputs x (N, D) and as many targets, whole numbers staying whole."""
    (x,) = floats(x=x)
    y = as_tensor("y", y)
    if x.ndim != 2:
        raise ValueError(f"x: got shape {shape(x)}, expected (N, D)")
    not_empty("x", x)
    if y.ndim not in (1, 2) or len(y) != len(x):
        raise ValueError(
            f"y: got shape {shape(y)}, expected ({len(x)}, K), or "
            f"({len(x)},) to fit x {shape(x)}"
        )
    return x, y


def batch_count(batch_size, n, name="batch_size"):
    """How many samples a batch holds: from 1 to n, all for None."""
    if batch_size is None:
        return n
    if (
        not isinstance(batch_size, numbers.Integral)
        or isinstance(batch_size, bool)
        or not 1 <= int(batch_size) <= n
    ):
        raise ValueError(
            f"{name}: got {shown(batch_size)}, expected a whole number from "
            f"1 to {n}, the samples there are"
        )
    return int(batch_size)


def permutation(name, order, n):
    """The order as a list in which each of 0..n-1 stands once."""
    try:
        order = [operator.index(i) for i in itertools.islice(order, n + 1)]
        permuted = sorted(order) == list(range(n))
    except TypeError:
        permuted = False
    if not permuted:
        raise ValueError(
            f"{name}: got {shown(order)}, expected a permutation of "
            f"0..{n - 1}"
        )
    return order


def finite_step(loss, step, epoch):
    """Whether training may go on; says in one line at which step it went out
    of range.
    """
    if math.isfinite(loss):
        return True
    warnings.warn(
        f"the loss became {loss} at step {step}, in epoch {epoch}; "
        "training stopped",
        stacklevel=3,
    )
    return False


def quiet(function):
    """An overflow is a result like another and shows in it: PyTorch never
    warns of it.
    """
    return function


def shape(value):
    """A shape as a person writes it."""
    return tuple(value.shape)
