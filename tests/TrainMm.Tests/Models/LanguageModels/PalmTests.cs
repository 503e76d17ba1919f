using TrainMm.Models.LanguageModels.Palm;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.LanguageModels;

/// <summary>PaLM against its definition (arXiv:2204.02311, section 2), written out token by token and head by head.</summary>
public sealed class PalmTests
{
    private const int Heads = 3;
    private const int HeadWidth = 4;
    private const int Width = 16;
    private const int Length = 9;

    [Fact]
    public void ItEqualsItsDefinition()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var sizes = new PalmArchitecture { VocabSize = 40, HiddenSize = Width, IntermediateSize = 24, NumHiddenLayers = 1, NumAttentionHeads = Heads, HeadDim = HeadWidth, InitializerRange = 0.3 };
        using var model = TinyLanguageModels.Build("palm", options: new PalmOptions { Architecture = sizes });
        var weights = model.Module.named_parameters().ToDictionary(pair => pair.name, pair => (Tensor)pair.parameter, StringComparer.Ordinal);
        weights["model.layers.0.input_layernorm.weight"].copy_(linspace(0.5, 1.5, Width));
        var ids = TinyLanguageModels.Ids().narrow(0, 1, 1);
        var hidden = model.Decode(model.Embed(ids), new());

        var table = weights["model.embed_tokens.weight"];
        var x = table.index_select(0, ids.reshape(-1));                                              // [T, D]
        var normed = Norm(x, weights["model.layers.0.input_layernorm.weight"]);
        Tensor Times(string name, Tensor input) => input.matmul(weights[$"model.layers.0.{name}.weight"].t());
        var gate = Times("mlp.gate_proj", normed);
        var made = Times("mlp.down_proj", gate.mul(gate.sigmoid()).mul(Times("mlp.up_proj", normed)));
        var (queries, key, value) = (Times("self_attn.q_proj", normed), Turn(Times("self_attn.k_proj", normed)), Times("self_attn.v_proj", normed));
        var mixed = zeros(Length, Heads * HeadWidth);
        for (var head = 0; head < Heads; head++)
        {
            var query = Turn(queries.narrow(1, head * HeadWidth, HeadWidth));                        // [T, d]
            for (var i = 0; i < Length; i++)
            {
                var scores = key.narrow(0, 0, i + 1).matmul(query[i]).div(Math.Sqrt(HeadWidth)).softmax(0);
                mixed[i].narrow(0, head * HeadWidth, HeadWidth).copy_(scores.unsqueeze(0).matmul(value.narrow(0, 0, i + 1)).squeeze(0));
            }
        }

        var expected = Norm(x.add(made).add(Times("self_attn.o_proj", mixed)), weights["model.norm.weight"]);
        Assert.True(hidden[0].sub(expected).abs().max().item<float>() < 1e-5);
        Assert.True(model.Logits(hidden)[0].sub(expected.matmul(table.t()).div(4)).abs().max().item<float>() < 1e-5); // √16
    }

    private static Tensor Norm(Tensor x, Tensor weight)
    {
        var centred = x.sub(x.mean([-1], keepdim: true));
        return centred.div(centred.square().mean([-1], keepdim: true).add(1e-5).sqrt()).mul(weight);
    }

    /// <summary>Each pair (i, i + d/2) as a complex number times e^(i p θ^(−2i/d)).</summary>
    private static Tensor Turn(Tensor heads)
    {
        var turned = heads.clone();
        for (var p = 0; p < Length; p++)
        {
            for (var i = 0; i < HeadWidth / 2; i++)
            {
                var angle = p * Math.Pow(10000, -2.0 * i / HeadWidth);
                var (a, b) = (heads[p, i].item<float>(), heads[p, i + (HeadWidth / 2)].item<float>());
                turned[p, i].fill_((a * Math.Cos(angle)) - (b * Math.Sin(angle)));
                turned[p, i + (HeadWidth / 2)].fill_((a * Math.Sin(angle)) + (b * Math.Cos(angle)));
            }
        }

        return turned;
    }
}
