using TorchSharp;

namespace TrainMm.Torch;

/// <summary>TorchSharp's packages have no place for operators of ours; <see cref="Cover"/> says so, and nobody calls them.</summary>
public static partial class FusedOperators
{
    private static bool AreThere => false;

    public static partial (torch.Tensor Output, torch.Tensor Scale) RmsNorm(torch.Tensor input, torch.Tensor weight, double epsilon, double offset) => throw Absent();

    public static partial torch.Tensor RmsNormBackward(torch.Tensor gradient, torch.Tensor input, torch.Tensor weight, torch.Tensor scale, double offset) => throw Absent();

    public static partial torch.Tensor Turn(torch.Tensor heads, torch.Tensor cosine, torch.Tensor sine, int direction) => throw Absent();

    public static partial torch.Tensor Swiglu(torch.Tensor gate, torch.Tensor up) => throw Absent();

    public static partial (torch.Tensor Gate, torch.Tensor Up) SwigluBackward(torch.Tensor gradient, torch.Tensor gate, torch.Tensor up) => throw Absent();

    public static partial torch.Tensor QuickGelu(torch.Tensor input) => throw Absent();

    public static partial torch.Tensor QuickGeluBackward(torch.Tensor gradient, torch.Tensor input) => throw Absent();

    public static partial (torch.Tensor Output, torch.Tensor LogSums) Attention(torch.Tensor queries, torch.Tensor keys, torch.Tensor values, torch.Tensor spans, bool isCausal) => throw Absent();

    public static partial (torch.Tensor Queries, torch.Tensor Keys, torch.Tensor Values) AttentionBackward(
        torch.Tensor gradient, torch.Tensor queries, torch.Tensor keys, torch.Tensor values, torch.Tensor output, torch.Tensor logSums, torch.Tensor spans, bool isCausal) => throw Absent();

    private static NotSupportedException Absent() => new("TorchSharp's packages have no fused operators.");
}
