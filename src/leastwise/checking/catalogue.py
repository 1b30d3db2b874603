"""Every mistake that `check` can name: a stable code, a name, what it is in a sentence, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A stable code, a name, what it is in a sentence, and how to mend it."""

    code: str
    name: str
    sentence: str
    mend: str

    def explained(self) -> str:
        """It as text."""
        return f"{self.code} {self.name}: {self.sentence} {self.mend}"


_BOTH = "Compute both gradients first, then update both."
_UNDO = "Give back w / deviation and b - mean w / deviation, or predict through the same scaling."
_DIVISORS = "Take both with the same divisor: np.cov and np.var differ by default."

DESCENTS = (
    Entry("LW101", "half the gradient", "The gradient is half that of the mean squared error, so the rate is halved.",
          "Take 2/n X'(prediction - y), or say that the loss is 1/(2n) sum of squares."),
    Entry("LW102", "twice the gradient", "The gradient is twice that of the mean squared error.",
          "Take the factor 2 once: 2/n X'(prediction - y)."),
    Entry("LW103", "sum instead of mean", "Gradients are summed over the rows, so the rate grows with their number.",
          "Divide by the number of rows, or divide the learning rate by it."),
    Entry("LW104", "sign of the gradient", "It climbs: the gradient is added, or has the wrong sign.",
          "Subtract rate * gradient, with gradient = 2/n X'(prediction - y)."),
    Entry("LW105", "(N,) against (N, 1)", "Residuals are broadcast to N x N: every row is held against every target.",
          "Give prediction and target the same shape: y.reshape(-1), or y[:, None] on both sides."),
    Entry("LW106", "intercept forgotten", "The intercept never moves.",
          "Update it with its own gradient, 2/n sum(prediction - y)."),
    Entry("LW107", "intercept after the slope", "The intercept is updated with the slope that was just "
          "changed.", _BOTH),
    Entry("LW108", "slope after the intercept", "The slope is updated with the intercept that was just "
          "changed.", _BOTH),
    Entry("LW109", "gradients not zeroed", "Gradients pile up from epoch to epoch: it is momentum of 1.0.",
          "Call optimizer.zero_grad(), or w.grad.zero_(), before each backward()."),
    Entry("LW110", "rows one at a time", "It steps after every row, though full batches were asked for.",
          "Sum the gradient over all rows before a step, or call it stochastic."),
    Entry("LW111", "one epoch too few", "The last epoch is missing.", "Loop range(epochs), not range(epochs - 1)."),
    Entry("LW112", "one epoch too many", "It makes one update more than epochs.",
          "Loop range(epochs), not range(epochs + 1)."),
    Entry("LW113", "rate squared", "The learning rate is applied twice.", "Multiply the gradient by it once."),
    Entry("LW114", "rate decayed", "The learning rate falls from epoch to epoch, though a constant one was given.",
          "Keep it constant, or say that it decays."),
    Entry("LW115", "standardised and not undone", "The parameters belong to (x - mean) / deviation, not to x.", _UNDO),
    Entry("LW116", "standardised with ddof 1 and not undone", "The parameters belong to (x - mean) / deviation with "
          "divisor n - 1, as torch and pandas have it, not to x.", _UNDO),
    Entry("LW117", "float32", "It computes in float32, about 7 digits.", "Make data and parameters float64."),
    Entry("LW118", "small batches", "It steps on a few rows at a time, though full batches were asked for.",
          "Take all rows at each step, or say that the batches are small (and seed their order)."),
    Entry("LW119", "some rows only", "Each step sees only some of the rows.",
          "Use every row: no split, no slice that leaves the last one out, no row drawn at random."),
    Entry("LW120", "nothing moves", "The parameters stay where they begin.",
          "Zero gradients before backward(), not between backward() and step(); give the optimizer the tensors that "
          "the "
          "loss is made of, make no new ones in the loop, and make arrays of float64."),
    Entry("LW121", "one gradient without its 2", "One of the two gradients is half of what it should be: slope and "
          "intercept have different rates.", "Give both the same factor: 2/n X'(prediction - y), 2/n sum(prediction "
          "- y)."),
    Entry("LW122", "one gradient summed", "One of the two gradients is a sum over the rows and the other a mean.",
          "Divide both by the number of rows."),
    Entry("LW123", "slope's gradient without x", "The slope moves by the mean residual: its gradient is not "
          "multiplied by x.",
          "Take 2/n X'(prediction - y) for the slope."),
    Entry("LW124", "intercept's gradient with x", "The intercept's gradient is multiplied by x.",
          "Take 2/n sum(prediction - y) for the intercept."),
    Entry("LW125", "x and y swapped", "It fits x on y.", "Predict y from x: prediction = w x + b."),
    Entry("LW126", "wrong axis", "A mean is taken over the features as well as over the rows, so all share one number.",
          "Say axis=0: over the rows, one number a feature."),
    Entry("LW127", "reshaped, not transposed", "X is reshaped where it should be transposed: its entries are mixed up.",
          "Transpose with X.T; reshape keeps the order in memory."),
    Entry("LW128", "centred and not undone", "The intercept belongs to x - mean(x), not to x.",
          "Give back b - mean(x) w."),
    Entry("LW129", "scaled and not undone", "The parameters belong to features scaled by their range or their maximum.",
          "Give back parameters in the units of x, or predict through the same scaling."),
    Entry("LW130", "whole numbers", "Numbers are cut to integers on the way.",
          "Make arrays of float64: np.zeros(p), not np.zeros_like of integers, and no astype(int)."),
    Entry("LW131", "penalty not asked for", "The gradient has a penalty on the slopes that nobody asked for.",
          "Leave it out, or take its strength as an argument that is 0 by default."),
    Entry("LW132", "intercept penalised", "The intercept is penalised too.",
          "Penalise the slopes alone: leave b, or the column of ones, out of the penalty."),
    Entry("LW133", "learning rate ignored", "It takes the same steps whatever learning rate it is given.",
          "Use the argument, and do not set it anew inside."),
    Entry("LW134", "epochs ignored", "It makes the same number of updates whatever number it is given.",
          "Use the argument, and do not set it anew inside."),
    Entry("LW135", "stopped early", "It stops before its epochs are over and before it is near least squares.",
          "Stop where the gradient is small, or make the tolerance smaller."),
    Entry("LW136", "gradient of another loss", "The gradient is that of the absolute or of the root mean squared "
          "error.",
          "Take that of the mean squared error: 2/n X'(prediction - y)."),
    Entry("LW137", "y scaled and not undone", "The parameters belong to a target that was centred or scaled.",
          "Multiply back by the deviation of y, and add its mean."),
    Entry("LW138", "rounded parameters", "Parameters are rounded on the way.", "Round only what is printed."),
    Entry("LW139", "one gradient not zeroed", "The gradient of one parameter piles up, the other's is zeroed.",
          "Zero both: w.grad.zero_() and b.grad.zero_()."),
    Entry("LW140", "a gradient of another size", "The gradient is a constant times that of the mean squared error.",
          "Take 2/n X'(prediction - y), and multiply it by the learning rate once."),
    Entry("LW141", "momentum not asked for", "Steps carry on from the step before, though plain descent was asked for.",
          "Leave momentum out, or take it as an argument that is 0 by default."),
    Entry("LW142", "penalty's sign", "The penalty pushes the slopes away from 0.",
          "Add 2 * strength * w to the gradient, and subtract rate * gradient."),
    Entry("LW143", "parameter instead of gradient", "The parameters are subtracted from themselves, and the gradients "
          "are not used.", "w = w - rate * gradient_w, b = b - rate * gradient_b."),
    Entry("LW144", "gradients swapped", "The slope moves by the intercept's gradient, and the intercept by the "
          "slope's.",
          "The slope's is 2/n X'(prediction - y), the intercept's 2/n sum(prediction - y)."),
    Entry("LW145", "intercept missing from the prediction", "The prediction in the loop is w x, without the intercept.",
          "prediction = w x + b."),
)  # fmt: skip

BEHAVIOUR = (
    Entry("LW201", "not repeatable", "Two calls with the same arguments give different parameters.",
          "Take a seed, or a start, and draw nothing else."),
    Entry("LW202", "start ignored", "It does not begin at the parameters it is given.",
          "Use the arguments, and do not set them anew inside."),
    Entry("LW203", "data changed", "It changes the rows it is given, so that a second call sees others.",
          "Work on copies: X = X - mean, not X -= mean."),
    Entry("LW204", "goes on from the last fit", "A second fit of the same object begins where the first one ended.",
          "Set the parameters at the beginning of fit, or call it partial_fit."),
    Entry("LW301", "losses of another scale", "Its losses are the sum, the root or another scale of the squared "
          "errors.",
          "Record the mean squared error, mean((y - prediction) ** 2), which does not grow with the rows."),
    Entry("LW302", "losses after the update", "Its losses are recorded after the update: loss k belongs to k + 1 "
          "updates.",
          "Record the loss before the update, so that the first belongs to the start."),
    Entry("LW303", "losses of another formula", "Its losses are those of no formula known here.",
          "Record mean((y - prediction) ** 2), with both of one shape."),
    Entry("LW304", "losses broadcast", "Its losses are taken over N x N residuals: every row against every target.",
          "Give prediction and target the same shape before the subtraction."),
)  # fmt: skip

CLOSED = (
    Entry("LW401", "no intercept", "It is the line through the origin.",
          "Fit an intercept: centre x and y, or add a column of ones."),
    Entry("LW402", "ddof: n over n - 1", "Covariance and variance have different divisors, n - 1 and n.", _DIVISORS),
    Entry("LW403", "ddof: n - 1 over n", "Covariance and variance have different divisors, n and n - 1.", _DIVISORS),
    Entry("LW404", "x and y swapped", "It is the line of x on y.", "Divide by the variance of x, not of y."),
    Entry("LW405", "the correlation", "The slope is the correlation.",
          "Multiply it by the deviation of y over that of x."),
    Entry("LW406", "the intercept's sign", "The intercept has the sign of mean(x) slope wrong.",
          "intercept = mean(y) - slope mean(x)."),
    Entry("LW407", "intercept left out", "The slope is right, and no intercept comes with it.",
          "Give back mean(y) - slope mean(x) too."),
    Entry("LW408", "intercept penalised", "The intercept is penalised as the slopes are.",
          "Leave the column of ones out of the penalty: a 0 in its place on the diagonal, or centre x and y first."),
    Entry("LW409", "penalty not asked for", "It is ridge regression: the slopes are drawn towards 0.",
          "Leave the penalty out, or take its strength as an argument that is 0 by default."),
    Entry("LW410", "whole numbers", "Integers go in, and integers are computed with.",
          "Make rows float64 first: np.asarray(X, dtype=float)."),
    Entry("LW411", "inverse of X'X", "Digits are lost: X'X squares the condition, and about 0 an offset of the columns "
          "is squared too.", "Centre the columns and use QR, or np.linalg.lstsq."),
    Entry("LW412", "a cut-off drops directions", "Small singular values are set to 0, and what they say is lost.",
          "Centre the columns first, or make rcond smaller."),
    Entry("LW413", "singular, and silent", "X'X is singular, and numbers come back without a word.",
          "Use np.linalg.lstsq, which gives the smallest answer, or say that the columns are dependent."),
    Entry("LW414", "not converged", "It is a descent that stops before it is at least squares.",
          "Take more epochs or a better learning rate: leastwise advise says which."),
    Entry("LW415", "standardised and not undone", "The slope belongs to standardised, centred or scaled rows.", _UNDO),
    Entry("LW416", "sums instead of means", "A sum stands where a mean should, or a mean where a sum should.",
          "slope = sum((x - mean x)(y - mean y)) / sum((x - mean x)^2)."),
    Entry("LW417", "float32", "It computes in float32, about 7 digits.", "Make data and parameters float64."),
    Entry("LW418", "missing values become numbers", "A row with NaN goes in, and numbers come back that are not those "
          "of the other rows.", "Refuse NaN, or leave the row out."),
    Entry("LW419", "deviation, not variance", "The covariance is divided by the deviation of x, not by its variance.",
          "slope = cov(x, y) / var(x)."),
)  # fmt: skip

TEXT = (
    Entry("LW501", "a seed that seeds nothing", "It overwrites the function that seeds.",
          "Call it: torch.manual_seed(2), np.random.seed(2)."),
    Entry("LW502", "target before input", "The loss is given (target, input): of MSE the value is the same, of other "
          "losses it is not.", "Give (input, target): criterion(prediction, y)."),
    Entry("LW503", "seeded after drawing", "The seed is set after numbers have been drawn.",
          "Seed before the first draw."),
    Entry("LW504", "update outside no_grad", "Parameters that require gradients are updated where autograd watches.",
          "Put the update under with torch.no_grad():, or use an optimizer."),
    Entry("LW505", "leaf made anew", "w = w - rate * w.grad makes a new tensor that has no gradient.",
          "Update in place under torch.no_grad(): w -= rate * w.grad."),
)  # fmt: skip

METRICS = (
    Entry("LW601", "predicts something else", "predict does not give X w + b with the parameters that it reports.",
          "prediction = X @ w + b, in the units that fit was given."),
    Entry("LW602", "predicts without the intercept", "predict leaves the intercept out.", "prediction = X @ w + b."),
    Entry("LW611", "R2 without 1 -", "It is the residual sum of squares over the total one.",
          "R2 = 1 - SS_res / SS_tot."),
    Entry("LW612", "R2 upside down", "The ratio in R2 is turned round.", "R2 = 1 - SS_res / SS_tot."),
    Entry("LW613", "R2 about 0", "The total sum of squares is taken about 0, not about the mean of y.",
          "SS_tot = sum((y - mean(y)) ** 2)."),
    Entry("LW614", "R2 is a correlation", "It is the correlation of y and prediction, or its square, which forgives "
          "every line of the right direction.", "R2 = 1 - SS_res / SS_tot."),
    Entry("LW615", "R2 of mixed divisors", "The two sums of squares have different divisors.",
          "Give both sums the same divisor, or none."),
    Entry("LW616", "R2 from the prediction", "A sum of squares is taken about, or of, the prediction instead of y.",
          "SS_res = sum((y - prediction) ** 2), SS_tot = sum((y - mean(y)) ** 2)."),
    Entry("LW617", "R2 with its arguments swapped", "It takes the prediction for y and y for the prediction.",
          "SS_tot is that of y: r2(y, prediction)."),
    Entry("LW621", "sum, not mean", "It is the sum of squared errors.", "Divide by the number of rows."),
    Entry("LW622", "root of the mean squared error", "It is the root of the mean squared error.",
          "Leave the root out, or call it RMSE."),
    Entry("LW623", "half the mean squared error", "It is half the mean squared error.",
          "Leave the 1/2 out, or say so."),
    Entry("LW624", "another divisor", "The squared errors are divided by n - 1 or n - 2.",
          "Divide by the number of rows."),
    Entry("LW625", "absolute errors", "It is the mean absolute error.", "Square the errors: mean((y - prediction) ** "
          "2)."),
    Entry("LW626", "squared too late", "The mean error is squared: errors of opposite sign cancel.",
          "Square first, then take the mean: mean((y - prediction) ** 2)."),
    Entry("LW627", "broadcast", "Errors are broadcast to N x N: every row is held against every target.",
          "Give prediction and target the same shape before the subtraction."),
)  # fmt: skip

CATALOGUE = (*DESCENTS, *BEHAVIOUR, *CLOSED, *TEXT, *METRICS)
BY_CODE = {entry.code: entry for entry in CATALOGUE}
