"""What is right, but is called otherwise: arguments in another order, a result that comes with something more."""

from types import SimpleNamespace


def called_otherwise(function, order, swapped, of_a_pair):
    """The description of a function that is right if its arguments have this order, or if its first result is taken."""
    call, kinds = f"{function}({', '.join(order)})", []
    if swapped:
        kinds.append(("arguments_swapped", f"the arguments are taken in another order, {call}"))
    if of_a_pair:
        kinds.append(("result_with_a_cache", "the result is returned together with something more, as (out, cache)"))
    names, sentences = zip(*kinds, strict=True)
    return SimpleNamespace(
        name="_and_".join(names),
        replaced=function,
        explanation=f"{', and '.join(sentences)}; called so, the function is right.",
        met="Met in A. Ng's deep learning course, relu_backward(dA, cache) and A, cache = relu(Z), and in scikit-learn "
        "and Keras, whose losses take (y_true, y_pred).",
    )
