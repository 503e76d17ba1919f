using TrainMm.Models.Encoders.ClapText;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Encoders;

public sealed class ClapTextTests
{
    private const double Epsilon = 1e-12;

    private static readonly ClapTextArchitecture Tiny = new()
    {
        VocabSize = 20,
        HiddenSize = 8,
        IntermediateSize = 12,
        NumHiddenLayers = 2,
        NumAttentionHeads = 2,
        MaxPositionEmbeddings = 9,
        ProjectionDim = 6,
    };

    /// <summary>RoBERTa (arXiv:1907.11692) and CLAP's head, written out for a text without its padding.</summary>
    [Fact]
    public void ItEqualsItsDefinition()
    {
        using var scope = NewDisposeScope();
        var part = Part();
        using var model = new ClapTextModel(Tiny, part);
        RandomWeights.Transformer(part, seed: 3, std: 0.4);
        foreach (var (name, parameter) in part.Parameters.Where(pair => pair.Value.Dimensions == 1)) RandomWeights.Uniform(parameter, name, 4, 0.5);
        var weights = part.Parameters.ToDictionary(pair => pair.Key, pair => pair.Value.detach(), StringComparer.Ordinal);
        var actual = model.Forward(tensor(new long[] { 2, 9, 11, 5, 3, 1, 1, 2, 7, 3, 1, 1, 1, 1 }, [2, 7]));

        long[][] texts = [[2, 9, 11, 5, 3], [2, 7, 3]];
        for (var row = 0; row < 2; row++)
        {
            var places = Enumerable.Range(2, texts[row].Length).Select(place => (long)place).ToArray(); // behind the padding's id, which is 1
            var x = Rows("word_embeddings", texts[row]).add(Rows("position_embeddings", places)).add(weights["text_model.embeddings.token_type_embeddings.weight"]);
            x = Normed(x, "text_model.embeddings.layernorm");
            for (var layer = 0; layer < 2; layer++)
            {
                var name = $"text_model.encoder.layer.{layer}";
                x = Normed(Projected(Attended(x, $"{name}.attention.attention"), $"{name}.attention.output.dense").add(x), $"{name}.attention.output.LayerNorm");
                var inner = Projected(x, $"{name}.intermediate.dense");
                x = Normed(Projected(inner.mul(inner.div(Math.Sqrt(2)).erf().add(1)).div(2), $"{name}.output.dense").add(x), $"{name}.output.LayerNorm");
            }

            var pooled = Projected(x.narrow(0, 0, 1), "pooler").tanh();
            var shared = Projected(Projected(pooled, "linear1").clamp(min: 0), "linear2")[0];
            Assert.True(actual[row].sub(shared.div(shared.mul(shared).sum().sqrt())).abs().max().item<double>() < 1e-12);
        }

        Tensor Rows(string table, long[] ids) => stack([.. ids.Select(id => weights[$"text_model.embeddings.{table}.weight"][id])]);

        Tensor Attended(Tensor x, string name)
        {
            var (q, k, v) = (Projected(x, $"{name}.query"), Projected(x, $"{name}.key"), Projected(x, $"{name}.value"));
            return cat([.. Enumerable.Range(0, 2).Select(head =>
            {
                var exponents = q.narrow(1, 4 * head, 4).matmul(k.narrow(1, 4 * head, 4).t()).div(2).exp();
                return exponents.div(exponents.sum(1L, keepdim: true)).matmul(v.narrow(1, 4 * head, 4));
            })], 1);
        }

        Tensor Projected(Tensor x, string name) => x.matmul(weights[$"{name}.weight"].t()).add(weights[$"{name}.bias"]);

        Tensor Normed(Tensor x, string name)
        {
            var centred = x.sub(x.mean([1], keepdim: true));
            return centred.div(centred.pow(2).mean([1], keepdim: true).add(Epsilon).sqrt()).mul(weights[$"{name}.weight"]).add(weights[$"{name}.bias"]);
        }
    }

    [Fact]
    public void ATextThatIsTooLongIsAnError()
    {
        using var scope = NewDisposeScope();
        using var model = new ClapTextModel(Tiny, Part());
        Assert.Contains("The text has 8 tokens, 7 have positions.", Assert.Throws<ArgumentException>(() => model.Forward(ones([1, 8], ScalarType.Int64))).Message, StringComparison.Ordinal);
    }

    private static ModuleScope Part() => new("text_encoder", ScalarType.Float64, CPU);
}
