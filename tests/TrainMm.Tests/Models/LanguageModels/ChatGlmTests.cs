using TrainMm.Models.LanguageModels;
using TrainMm.Models.LanguageModels.ChatGlm;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.LanguageModels;

/// <summary>ChatGLM-6B against its definition, written out token by token and head by head.</summary>
public sealed class ChatGlmTests
{
    private const int Heads = 2;
    private const int HeadWidth = 8;
    private const int Width = 16;
    private const int Length = 9;

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(8)]
    public void ItEqualsItsDefinition(int prefix)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var sizes = new ChatGlmArchitecture { VocabSize = 40, HiddenSize = Width, InnerHiddenSize = 24, NumLayers = 1, NumAttentionHeads = Heads, InitializerRange = 0.3 };
        using var model = TinyLanguageModels.Build("chatglm", options: new ChatGlmOptions { Architecture = sizes });
        var weights = model.Module.named_parameters().ToDictionary(pair => pair.name, pair => (Tensor)pair.parameter, StringComparer.Ordinal);
        using var generator = new Generator(5, CPU);
        foreach (var (name, parameter) in weights.Where(pair => pair.Value.Dimensions == 1)) parameter.add_(randn(parameter.shape, ScalarType.Float32, CPU, generator: generator).mul(0.2));
        var ids = TinyLanguageModels.Ids().narrow(0, 0, 1);
        var hidden = model.Decode(model.Embed(ids), new() { PrefixLengths = tensor(new[] { (long)prefix }) });

        Tensor Affine(string name, Tensor input) => input.matmul(weights[$"transformer.layers.0.{name}.weight"].t()).add(weights[$"transformer.layers.0.{name}.bias"]);
        Tensor Norm(string name, Tensor input)
        {
            var centred = input.sub(input.mean([-1], keepdim: true));
            return centred.div(centred.square().mean([-1], keepdim: true).add(1e-5).sqrt()).mul(weights[$"transformer.{name}.weight"]).add(weights[$"transformer.{name}.bias"]);
        }

        var x = weights["transformer.word_embeddings.weight"].index_select(0, ids.reshape(-1));     // [T, D]
        var normed = Norm("layers.0.input_layernorm", x);
        var joined = Affine("attention.query_key_value", normed);                                   // [T, heads · 3 d]
        var mixed = zeros(Length, Width);
        for (var head = 0; head < Heads; head++)
        {
            Tensor Part(int which) => joined.narrow(1, (head * 3 * HeadWidth) + (which * HeadWidth), HeadWidth);
            var (query, key) = (Turn(Part(0), prefix), Turn(Part(1), prefix));
            for (var i = 0; i < Length; i++)
            {
                var seen = Math.Max(i + 1, prefix);
                var scores = key.narrow(0, 0, seen).matmul(query[i]).div(Math.Sqrt(HeadWidth)).softmax(0);
                mixed[i].narrow(0, head * HeadWidth, HeadWidth).copy_(scores.unsqueeze(0).matmul(Part(2).narrow(0, 0, seen)).squeeze(0));
            }
        }

        var alpha = Math.Sqrt(2);
        var input = Norm("layers.0.post_attention_layernorm", normed.mul(alpha).add(Affine("attention.dense", mixed)));
        var inner = Affine("mlp.dense_h_to_4h", input);
        var gelu = inner.mul(0.5).mul(inner.add(inner.pow(3).mul(0.044715)).mul(Math.Sqrt(2 / Math.PI)).tanh().add(1));
        var expected = Norm("final_layernorm", input.mul(alpha).add(Affine("mlp.dense_4h_to_h", gelu)));
        Assert.True(hidden[0].sub(expected).abs().max().item<float>() < 2e-5);
        Assert.True(model.Logits(hidden)[0].sub(expected.matmul(weights["transformer.word_embeddings.weight"].t())).abs().max().item<float>() < 5e-5);
    }

    [Fact]
    public void ABatchTellsItWhatComesBeforeTheAnswer()
    {
        using var scope = NewDisposeScope();
        var architecture = new ChatGlmArchitecture { VocabSize = TinyModel.Vocabulary, HiddenSize = Width, InnerHiddenSize = 24, NumLayers = 1, NumAttentionHeads = Heads };
        using var model = TinyModel.Build(TinyModel.Options(languageModel: LanguageModelCatalog.All.Component("chatglm", new ChatGlmOptions { Architecture = architecture })));
        // The first sample's answer begins at place 6, the second's at 1: place 5 and place 0 foretell them.
        Assert.Equal([5L, 0L], model.InputFor(TinyModel.Batch()).PrefixLengths!.data<long>().ToArray());
    }

    /// <summary>The head's first half by the place in the question, the second by that in the answer; in each half pairs (i, i + d/4).</summary>
    private static Tensor Turn(Tensor heads, int prefix)
    {
        var turned = heads.clone();
        for (var p = 0; p < Length; p++)
        {
            long[] places = p < prefix ? [p, 0] : [Math.Max(prefix - 1, 0), p - prefix + 1];
            for (var half = 0; half < 2; half++)
            {
                for (var i = 0; i < HeadWidth / 4; i++)
                {
                    var angle = places[half] * Math.Pow(10000, -2.0 * i / (HeadWidth / 2));
                    var (at, other) = ((half * HeadWidth / 2) + i, (half * HeadWidth / 2) + i + (HeadWidth / 4));
                    var (a, b) = (heads[p, at].item<float>(), heads[p, other].item<float>());
                    turned[p, at].fill_((a * Math.Cos(angle)) - (b * Math.Sin(angle)));
                    turned[p, other].fill_((a * Math.Sin(angle)) + (b * Math.Cos(angle)));
                }
            }
        }

        return turned;
    }
}
