"""Wrong: relu_backward answers with 0 or 1 and forgets grad_output."""


def relu_backward(z, grad_output):
    return (z > 0).astype(z.dtype)
