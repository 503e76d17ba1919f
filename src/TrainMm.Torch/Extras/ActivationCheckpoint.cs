using TorchSharp;

namespace TrainMm.Torch;

/// <summary>
/// Activation checkpointing (arXiv:1604.06174): a segment's activations are dropped after the forward pass and computed again in the backward
/// pass. Gradients are bitwise those without it.
/// </summary>
public static class ActivationCheckpoint
{
    /// <summary>Runs a segment without keeping its activations.</summary>
    /// <param name="segment">
    /// A pure function of its input and of parameters. It runs a second time in the backward pass, with the random numbers and the autocast
    /// of the first. It may close over tensors, but no gradient flows into those that are not leaves.
    /// </param>
    /// <param name="input">Of any shape; it need not require a gradient for the segment's parameters to get theirs.</param>
    /// <returns>The segment's result.</returns>
    /// <exception cref="System.Runtime.InteropServices.ExternalException">
    /// The segment threw in the backward pass; the message holds its message.
    /// </exception>
    public static torch.Tensor Run(Func<torch.Tensor, torch.Tensor> segment, torch.Tensor input)
    {
        if (!torch.is_grad_enabled()) return segment(input);

        // Without an input that requires a gradient the graph would not hold the segment, and its parameters would silently stay untrained.
        using var anchor = torch.zeros(0, requires_grad: true);
        return Segment.apply(segment, input, anchor);
    }

    private sealed class Segment : torch.autograd.SingleTensorFunction<Segment>
    {
        public override string Name => nameof(ActivationCheckpoint);

        public override torch.Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars)
        {
            var segment = (Func<torch.Tensor, torch.Tensor>)vars[0];
            var input = (torch.Tensor)vars[1];
            ctx.save_for_backward([input]);
            ctx.save_data("segment", segment);
            ctx.save_data("surroundings", Surroundings.Capture(input.device_type));
            return segment(input);
        }

        public override List<torch.Tensor> backward(torch.autograd.AutogradContext ctx, torch.Tensor grad_output)
        {
            var segment = (Func<torch.Tensor, torch.Tensor>)ctx.get_data("segment");
            var surroundings = (Surroundings)ctx.get_data("surroundings");
            var saved = ctx.get_saved_variables()[0];
            using var input = saved.detach();
            input.requires_grad = saved.requires_grad;
            using var output = surroundings.Run(() => segment(input));
            if (output.requires_grad) torch.autograd.backward([output], [grad_output]);
            return [null!, input.grad!, null!];
        }
    }

    /// <summary>What a segment's result depends on besides its input.</summary>
    private sealed record Surroundings(RandomState Random, DeviceType Device, bool Autocast, torch.ScalarType AutocastType)
    {
        internal static Surroundings Capture(DeviceType device)
        {
            var (enabled, dtype) = TrainMm.Torch.Autocast.State(device);
            return new Surroundings(RandomState.Capture(), device, enabled, dtype);
        }

        internal torch.Tensor Run(Func<torch.Tensor> segment)
        {
            var now = RandomState.Capture();
            Random.Restore();
            using var gradients = torch.enable_grad();
            using var autocast = TrainMm.Torch.Autocast.IsSupported ? TrainMm.Torch.Autocast.Enter(Device, AutocastType, Autocast) : null;
            try
            {
                return segment();
            }
            finally
            {
                now.Restore();
            }
        }
    }
}
