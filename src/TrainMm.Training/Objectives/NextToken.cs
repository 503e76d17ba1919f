using TorchSharp;
using TrainMm.Models;
using TrainMm.Torch;

namespace TrainMm.Training.Objectives;

/// <summary>The cross-entropy of a language model's next tokens, a chunk of logits at a time; none of them is kept for the backward pass.</summary>
internal static class NextToken
{
    /// <summary>The sum over the positions, a scalar in float32.</summary>
    /// <param name="model">The model.</param>
    /// <param name="hidden">[S, D] states that foretell.</param>
    /// <param name="targets">[S] int64.</param>
    /// <param name="chunk">Positions whose logits are held at once.</param>
    public static torch.Tensor Sum(MultimodalModel model, torch.Tensor hidden, torch.Tensor targets, int chunk)
    {
        if (torch.is_grad_enabled() && hidden.requires_grad && IsHeadFrozen(model, hidden)) return OnePass.apply(hidden, targets, model, chunk);
        var count = hidden.shape[0];
        if (count <= chunk) return Sum(model, hidden, targets);
        var sum = torch.zeros([], torch.float32, hidden.device);
        for (var start = 0L; start < count; start += chunk)
        {
            var size = Math.Min(chunk, count - start);
            var mine = targets.narrow(0, start, size);
            sum = sum + ActivationCheckpoint.Run(part => Sum(model, part, mine), hidden.narrow(0, start, size));
        }

        return sum;
    }

    private static torch.Tensor Sum(MultimodalModel model, torch.Tensor hidden, torch.Tensor targets) =>
        torch.nn.functional.cross_entropy(model.LanguageModel.Logits(hidden).to_type(torch.float32), targets, reduction: torch.nn.Reduction.Sum);

    /// <summary>Whether logits have a gradient of no more than the states: asked of no states at all, which costs nothing.</summary>
    private static bool IsHeadFrozen(MultimodalModel model, torch.Tensor hidden)
    {
        using var scope = torch.NewDisposeScope();
        return !model.LanguageModel.Logits(hidden.detach().narrow(0, 0, 0)).requires_grad;
    }

    /// <summary>
    /// Loss and gradient in one pass over the chunks, for a frozen head: with p = softmax(logits) and t the target's one-hot row the states' gradient is (p − t) W, whatever comes
    /// after the sum scales it alone. So each chunk's logits are made once, turned into p − t where they lie, and forgotten.
    /// </summary>
    private sealed class OnePass : torch.autograd.SingleTensorFunction<OnePass>
    {
        public override string Name => nameof(NextToken);

        public override torch.Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars)
        {
            var (hidden, targets, model, chunk) = ((torch.Tensor)vars[0], (torch.Tensor)vars[1], (MultimodalModel)vars[2], (int)vars[3]);
            var (count, gradients) = (hidden.shape[0], new List<torch.Tensor>());
            var sum = torch.zeros([], torch.float32, hidden.device);
            for (var start = 0L; start < count; start += chunk)
            {
                var size = Math.Min(chunk, count - start);
                using var scope = torch.NewDisposeScope();
                var (loss, gradient) = Chunk(model, hidden.narrow(0, start, size), targets.narrow(0, start, size).unsqueeze(1));
                sum.add_(loss);
                gradients.Add(gradient.MoveToOuterDisposeScope());
            }

            ctx.save_for_backward([gradients.Count == 1 ? gradients[0] : torch.cat(gradients, 0)]); // [S, D]
            return sum;
        }

        public override List<torch.Tensor> backward(torch.autograd.AutogradContext ctx, torch.Tensor grad_output)
        {
            var gradient = ctx.get_saved_variables()[0];
            return [gradient.mul(grad_output.to_type(gradient.dtype)), null!, null!, null!];
        }

        private static (torch.Tensor Loss, torch.Tensor Gradient) Chunk(MultimodalModel model, torch.Tensor states, torch.Tensor targets)
        {
            using var guard = torch.enable_grad();
            var leaf = states.detach().requires_grad_();
            var logits = model.LanguageModel.Logits(leaf);                                         // [C, V]
            using var without = torch.no_grad();
            var likely = logits.detach().to_type(torch.float32).log_softmax(-1);                   // [C, V]
            var loss = likely.gather(1, targets).sum().neg();
            var excess = likely.exp_().scatter_add_(1, targets, torch.full_like(targets, -1, torch.float32)); // [C, V], p − t
            return (loss, torch.autograd.grad([logits], [leaf], [excess.to_type(logits.dtype)])[0]);
        }
    }
}
