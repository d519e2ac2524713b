"""The checks of the optimizer classes: options, parameter groups, saved states.

An update rule declares its options and its state in its signature; the class created
from the rule reads them there.
"""

import inspect

from contract.arguments import choice, listed
from contract.messages import (
    expect_dictionary,
    expect_no,
    invalid,
    key_faults,
    label,
    shown,
)
from contract.states import State, expect_nesterov, expect_representable, state_lacks

# Entries in PyTorch's groups that have no effect here.
SWITCHES = ("foreach", "fused", "capturable", "differentiable")
IGNORED = ("param_names", "initial_lr", *SWITCHES)


class Rule:
    """The options and the state of an update rule, as its signature declares them."""

    def __init__(self, update, **defaults):
        self.decoupled = update.__name__ == "adamw_update"
        parameters = inspect.signature(update).parameters.values()
        kinds = [p.annotation for p in parameters]
        [self.state] = [kind for kind in kinds if isinstance(kind, State)]
        options = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
        self.kinds = {p.name: p.annotation for p in options}
        self.defaults = {p.name: p.default for p in options} | defaults
        self.names = tuple(self.defaults)
        self.signature = self.constructor()

    def constructor(self):
        """Its signature: the parameters of a net, then the options of the rule."""
        form = inspect.Parameter.POSITIONAL_OR_KEYWORD
        options = [
            inspect.Parameter(name, form, default=self.defaults[name], annotation=kind)
            for name, kind in self.kinds.items()
        ]
        return inspect.Signature([inspect.Parameter("params", form), *options])

    def bind(self, params, args, options):
        """The parameters and all options of a constructor's call, checked."""
        bound = self.signature.bind(params, *args, **options)
        bound.apply_defaults()
        params, *values = bound.arguments.values()
        return params, self.checked(dict(zip(self.names, values, strict=True)))

    def checked(self, options):
        """The options, each checked by its kind."""
        options = {n: self.kinds[n](n, options.get(n)) for n in self.names}
        expect_nesterov(options)
        return options

    def checked_group(self, group, library):
        """The current options of a parameter group, checked."""
        options = self.checked(group)
        expect_representable(options, library, group["params"])
        return options

    def expect_complete(self, state, options):
        """Check that a state has what these options need."""
        for key, option in self.state.keys.items():
            if state and option and options[option] and key not in state:
                raise state_lacks(key)

    def expect_state_dict(self, kind, state_dict, groups, library):
        """Refuse a state_dict that does not fit; all faults of a kind at once."""
        expect_dictionary("state_dict", state_dict)
        expect_no(list(self.form_faults(kind, state_dict)), "state_dict")
        saved, states = state_dict["param_groups"], state_dict["state"]
        sizes, wanted = ([len(g["params"]) for g in some] for some in (saved, groups))
        if sizes != wanted:
            raise invalid("state_dict", f"groups of {sizes} parameters", wanted)
        owners = {
            index: (parameter, old)
            for old, new in zip(saved, groups, strict=True)
            for index, parameter in zip(old["params"], new["params"], strict=True)
        }
        strangers = [label(index) for index in states if index not in owners]
        faults = [f"state[{index}] belongs to no parameter" for index in strangers]
        expect_no(faults, "state_dict")
        for index, state in states.items():
            faults += [
                f"state[{index}]: {fault}"
                for fault in self.state.faults(state, *owners[index], library)
            ]
        expect_no(faults, "state_dict")
        for group in saved:
            self.checked(group)

    def form_faults(self, kind, state_dict):
        """What is wrong with the keys of a state_dict, and with its groups."""
        if faults := key_faults(state_dict, ("state", "param_groups")):
            yield from faults
            return
        saved, states = state_dict["param_groups"], state_dict["state"]
        if not isinstance(saved, list):
            yield f"param_groups is {shown(saved)}, expected a list"
        else:
            for number, group in enumerate(saved):
                for fault in self.group_faults(kind, group):
                    yield f"param_groups[{number}]{fault}"
        if not isinstance(states, dict):
            yield f"state is {shown(states)}, expected a dictionary"

    def group_faults(self, kind, group):
        """The faults of a group; PyTorch's switches are ignored, but for two."""
        if not isinstance(group, dict):
            yield f" is {shown(group)}, expected a dictionary"
            return
        fixed = {"maximize": False, "decoupled_weight_decay": self.decoupled}
        params = group.get("params", [])
        if not isinstance(params, list) or not all(isinstance(i, int) for i in params):
            yield ": params is not a list of integers"
            return
        yield from (
            f": {n} is missing" for n in (*self.names, "params") if n not in group
        )
        for name, value in group.items():
            if name in fixed and value is not fixed[name]:
                yield f": {name} is {shown(value)}, expected {fixed[name]} in {kind}"
            elif name not in ("params", *self.names, *IGNORED, *fixed):
                yield f": {label(name)} is unknown"


def parameter_groups(params, rule, options, kind, library):
    """The groups of an optimizer: parameters of this kind, and all options."""
    if isinstance(params, kind):
        raise invalid("params", f"one {kind.__name__}", "a list of them")
    params = listed("params", params)
    if not params:
        raise invalid("params", "none", "at least one parameter")
    groups = params if isinstance(params[0], dict) else [{"params": params}]
    made = []
    for number, group in enumerate(groups):
        members = group_members(f"params[{number}]", group, kind)
        for option in group:
            if option != "params":
                choice(f"params[{number}]", option, rule.names)
        group = {**options, **group, "params": members}
        made.append({"params": members, **rule.checked_group(group, library)})
    everything = [id(parameter) for group in made for parameter in group["params"]]
    if len(set(everything)) < len(everything):
        raise invalid("params", "a parameter twice", "each in one group")
    return made


def group_members(name, group, kind):
    """The parameters of one group."""
    if not isinstance(group, dict) or "params" not in group:
        raise invalid(name, shown(group), 'a dictionary with "params"')
    params = group["params"]
    params = [params] if isinstance(params, kind) else listed(name, params)
    for parameter in params:
        if not isinstance(parameter, kind):
            raise invalid(name, type(parameter).__name__, f"a {kind.__name__}")
    return params


def optimizer_over(model, optimizer, lr, optimizers):
    """The optimizer with this name, or the given one, over this model's parameters."""
    if isinstance(optimizer, str) or not hasattr(optimizer, "param_groups"):
        choice("optimizer", optimizer, optimizers)
        rate = {} if callable(lr) else {"lr": lr}
        return optimizers[optimizer](model.parameters(), **rate)
    given = (p for group in optimizer.param_groups for p in group["params"])
    if not set(map(id, given)) <= set(map(id, model.parameters())):
        raise invalid("optimizer", "one made over other parameters", "the model's own")
    return optimizer
