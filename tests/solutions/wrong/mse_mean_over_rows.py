"""Wrong: mse_loss_backward divides by the N rows, where the mean is over all N K elements."""


def mse_loss_backward(pred, target):
    if pred.shape != target.shape or pred.size == 0 or object in (pred.dtype, target.dtype):
        raise ValueError(f"shapes {pred.shape}, {target.shape}")
    return 2 * (pred - target) / pred.shape[0]
