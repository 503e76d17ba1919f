using TrainMm.ParityTests.Golden;
using Xunit.Abstractions;
using static TorchSharp.torch.nn;

namespace TrainMm.ParityTests.Ops;

public sealed class AttentionTests(ITestOutputHelper output)
{
    [GoldenTheory("ops")]
    public void EqualsTheReference(string name)
    {
        using var ops = new OpsCase(name, output);
        Assert.Equal(["causal"], ops.Under("out.attn."));
        var (query, key, value) = (ops.Leaf("in.rope.q"), ops.Leaf("in.rope.k"), ops.Leaf("in.attn.v"));
        var mixed = functional.scaled_dot_product_attention(query, key, value, is_casual: true);
        ops.Compare("attn.causal", mixed);
        mixed.mul(ops["in.attn.cot"]).sum().backward();
        ops.CompareGradient("attn.q", query);
        ops.CompareGradient("attn.k", key);
        ops.CompareGradient("attn.v", value);
    }
}
