using TorchSharp;
using TrainMm.Torch.Interop;

namespace TrainMm.Torch;

public static partial class FusedOperators
{
    private static bool AreThere => true;

    public static partial (torch.Tensor Output, torch.Tensor Scale) RmsNorm(torch.Tensor input, torch.Tensor weight, double epsilon, double offset) =>
        Aten.FusedRmsNorm.Call2(input, weight, epsilon, offset);

    public static partial torch.Tensor RmsNormBackward(torch.Tensor gradient, torch.Tensor input, torch.Tensor weight, torch.Tensor scale, double offset) =>
        Aten.FusedRmsNormBackward.Call(gradient, input, weight, scale, offset);

    public static partial torch.Tensor Turn(torch.Tensor heads, torch.Tensor cosine, torch.Tensor sine, int direction) => Aten.FusedTurn.Call(heads, cosine, sine, direction);

    public static partial torch.Tensor Swiglu(torch.Tensor gate, torch.Tensor up) => Aten.FusedSwiglu.Call(gate, up);

    public static partial (torch.Tensor Gate, torch.Tensor Up) SwigluBackward(torch.Tensor gradient, torch.Tensor gate, torch.Tensor up) => Aten.FusedSwigluBackward.Call2(gradient, gate, up);

    public static partial torch.Tensor QuickGelu(torch.Tensor input) => Aten.FusedQuickGelu.Call(input);

    public static partial torch.Tensor QuickGeluBackward(torch.Tensor gradient, torch.Tensor input) => Aten.FusedQuickGeluBackward.Call(gradient, input);

    public static partial (torch.Tensor Output, torch.Tensor LogSums) Attention(torch.Tensor queries, torch.Tensor keys, torch.Tensor values, torch.Tensor spans, bool isCausal) =>
        Aten.FusedAttention.Call2(queries, keys, values, spans, isCausal);

    public static partial (torch.Tensor Queries, torch.Tensor Keys, torch.Tensor Values) AttentionBackward(
        torch.Tensor gradient, torch.Tensor queries, torch.Tensor keys, torch.Tensor values, torch.Tensor output, torch.Tensor logSums, torch.Tensor spans, bool isCausal) =>
        Aten.FusedAttentionBackward.Call3(gradient, queries, keys, values, output, logSums, spans, isCausal);
}
