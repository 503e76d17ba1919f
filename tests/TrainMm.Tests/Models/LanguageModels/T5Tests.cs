using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Models.LanguageModels;
using TrainMm.Models.LanguageModels.T5;
using TrainMm.Models.Layers;
using TrainMm.Models.Peft;
using TrainMm.Models.Peft.Lora;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.LanguageModels;

/// <summary>How an encoder–decoder stands in for a decoder, and what a T5's files may say.</summary>
public sealed class T5Tests
{
    private const string Config =
        """
        {"model_type": "t5", "vocab_size": 40, "d_model": 16, "d_kv": 6, "d_ff": 24, "num_layers": 2, "num_decoder_layers": 3, "num_heads": 2, "relative_attention_num_buckets": 8,
         "relative_attention_max_distance": 16, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": false, "decoder_start_token_id": 2}
        """;

    [Fact]
    public void TheEncoderReadsTheQuestionAndTheDecoderWritesBehindItsStart()
    {
        using var scope = NewDisposeScope();
        using var model = (T5LanguageModel)TinyLanguageModels.Build("flan_t5");
        var hidden = model.Decode(model.Embed(TinyLanguageModels.Ids()), new() { PrefixLengths = tensor(new long[] { 3, 5 }) });
        for (var row = 0; row < 2; row++)
        {
            var (last, ids) = (row == 0 ? 3 : 5, TinyLanguageModels.Ids().narrow(0, row, 1));
            var question = model.Encoder.Norm(model.Encoder.Run(model.Embed(ids.narrow(1, 0, last + 1)), new T5Pass(model.Encoder.Positions.Biases(last + 1, past: 0))));
            var begun = cat([tensor(new long[] { 2 }).view(1, 1), ids.narrow(1, last + 1, 8 - last)], 1);
            var mask = model.Decoder.Positions.Biases(9 - last, past: 0).add(Attention.CausalMask(9 - last, 0, attended: null, ScalarType.Float32, CPU)!);
            var expected = model.Decoder.Norm(model.Decoder.Run(model.Embed(begun), new T5Pass(mask, Question: new T5Question(question, zeros(1, 1, 1, last + 1)))));
            Assert.True(hidden[row].narrow(0, last, 9 - last).sub(expected[0]).abs().max().item<float>() < 1e-5);
            Assert.Equal(0, model.Decode(model.Embed(ids), new() { PrefixLengths = tensor(new long[] { last }) })[0].narrow(0, 0, last).abs().max().item<float>());
        }
    }

    [Fact]
    public void AQuestionsTokensSeeOneAnotherAndTheAnswerSeesThemAll()
    {
        using var scope = NewDisposeScope();
        using var model = TinyLanguageModels.Build("t5");
        foreach (var place in (int[])[0, 2, 4]) Assert.True(Change(place, prefix: 4) > 1e-3);
        Assert.Equal(0, Change(7, prefix: 4)); // behind the position that is looked at

        float Change(int place, long prefix)
        {
            var (ids, changed) = (TinyLanguageModels.Ids(), TinyLanguageModels.Ids().clone());
            changed.select(1, place).fill_(33);
            var input = new DecoderInput { PrefixLengths = tensor(new[] { prefix, prefix }) };
            var (before, after) = (model.Decode(model.Embed(ids), input), model.Decode(model.Embed(changed), input));
            return before.narrow(1, 4, 2).sub(after.narrow(1, 4, 2)).abs().max().item<float>();
        }
    }

    [Fact]
    public void WherePaddingLiesChangesNothing()
    {
        using var scope = NewDisposeScope();
        using var model = TinyLanguageModels.Build("flan_t5");
        var ids = TinyLanguageModels.Ids().narrow(0, 0, 1);
        var alone = model.Decode(model.Embed(ids), new() { PrefixLengths = tensor(new long[] { 3 }) });
        foreach (var (left, middle, right) in ((int, int, int)[])[(3, 0, 0), (0, 0, 3), (2, 1, 1)])
        {
            Tensor Padded(Tensor row, Tensor padding) => cat([padding.narrow(1, 0, left), row.narrow(1, 0, 4), padding.narrow(1, 0, middle), row.narrow(1, 4, 5), padding.narrow(1, 0, right)], 1);
            var mask = Padded(ones([1, 9], ScalarType.Bool), zeros([1, 9], ScalarType.Bool));
            var hidden = model.Decode(model.Embed(Padded(ids, full([1, 9], 17, ScalarType.Int64))), new() { AttentionMask = mask, PrefixLengths = tensor(new long[] { 3 }) });
            Assert.True(alone[0].sub(hidden[0].index_select(0, mask[0].nonzero().squeeze(-1))).abs().max().item<float>() < 1e-5);
        }
    }

    [Fact]
    public void AnAdapterForMediaAloneActsInTheEncoderToo()
    {
        using var scope = NewDisposeScope();
        using var plain = (T5LanguageModel)TinyLanguageModels.Build("t5");
        using var peft = AdapterCatalog.All.Component("partial_lora", new LoraOptions { R = 2, Alpha = 4 }).Create(new PeftContext(7, new TrainablePaths([])));
        using var model = (T5LanguageModel)TinyLanguageModels.Build("t5", peft: peft);
        TinyModel.Disturb(peft);
        var media = zeros([2, 9], ScalarType.Bool);
        media[0, 2].fill_(1);
        var input = new DecoderInput { PrefixLengths = tensor(new long[] { 4, 4 }), AdapterMask = media };
        var (before, after) = (plain.Decode(plain.Embed(TinyLanguageModels.Ids()), input), model.Decode(model.Embed(TinyLanguageModels.Ids()), input));
        Assert.True(before[0].sub(after[0]).abs().max().item<float>() > 1e-3);
        Assert.True(before[1].sub(after[1]).abs().max().item<float>() < 1e-5);
        media.zero_();
        media[0, 4].fill_(1); // the question's last token: in its place the decoder has its start token, which is no medium
        var rows = new QuestionRows(model.Embed(TinyLanguageModels.Ids()), input);
        Assert.True(rows.Questions(media)[0, 4].item<bool>());
        Assert.False(rows.Answers(media, zeros([1, 1], ScalarType.Bool)).any().item<bool>());
    }

    [Fact]
    public void ACacheBeginsWithAnswersOfOneLength()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = TinyLanguageModels.Build("t5");
        var embedded = model.Embed(TinyLanguageModels.Ids());
        using var uneven = new KeyValueCache(20);
        Assert.Throws<InvalidOperationException>(() => model.Decode(embedded, new() { Cache = uneven, PrefixLengths = tensor(new long[] { 3, 5 }) }));
        using var cache = new KeyValueCache(20);
        var prefix = tensor(new long[] { 3, 3 });
        var whole = model.Decode(embedded, new() { PrefixLengths = prefix });
        model.Decode(embedded.narrow(1, 0, 6), new() { Cache = cache, PrefixLengths = prefix });
        var rest = model.Decode(embedded.narrow(1, 6, 3), new() { Cache = cache, PrefixLengths = prefix });
        Assert.True(whole.narrow(1, 6, 3).sub(rest).abs().max().item<float>() < 1e-5);
    }

    /// <summary>Where the edge between two buckets falls: the least distance at which (distance / exact)^steps reaches (furthest / exact)^step.</summary>
    [Theory]
    [InlineData(32, 128, true)]
    [InlineData(32, 128, false)]
    [InlineData(9, 21, true)]
    [InlineData(9, 21, false)]
    public void FarDistancesShareBucketsInLogarithmicSteps(int count, int furthest, bool bothWays)
    {
        using var scope = NewDisposeScope();
        var table = new TokenEmbedding(count, 1, new ModuleScope("t", ScalarType.Float32, CPU));
        var distances = arange(-200, 200, ScalarType.Int64);
        var found = new RelativePositions(table, bothWays, furthest).Buckets(distances).data<long>().ToArray();
        var (side, exact) = (bothWays ? count / 2 : count, (bothWays ? count / 2 : count) / 2);
        for (var i = 0; i < found.Length; i++)
        {
            var distance = i - 200;
            var size = bothWays ? Math.Abs(distance) : Math.Max(0, -distance);
            var step = Math.Log(size / (double)exact) / Math.Log(furthest / (double)exact) * (side - exact);
            if (size > exact && Math.Abs(step - Math.Round(step)) < 1e-5) continue; // there rounding decides
            var bucket = size < exact ? size : Math.Min(side - 1, exact + (int)step);
            Assert.Equal(bucket + (bothWays && distance > 0 ? side : 0), found[i]);
        }
    }

    [Fact]
    public void WhatAConfigSaysIsReadAsTheOfficialClassReadsIt()
    {
        var plain = TinyLanguageModels.Read("{}", T5Architecture.Read);
        Assert.Equal((32128, 512, 64, 2048, 6, 6, 8, 32, 128), (plain.VocabSize, plain.DModel, plain.DKv, plain.DFf, plain.NumLayers, plain.DecoderLayers, plain.NumHeads, plain.RelativeAttentionNumBuckets, plain.RelativeAttentionMaxDistance));
        Assert.Equal((false, "relu", true, 0, 1e-6), (plain.IsGated, plain.ActivationName, plain.TieWordEmbeddings, plain.StartToken, plain.LayerNormEpsilon));
        (string, bool, string)[] layers =
        [
            ("""{"feed_forward_proj": "gated-gelu"}""", true, "gelu_new"),
            ("""{"feed_forward_proj": "gated-silu"}""", true, "silu"),
            ("""{"feed_forward_proj": "gelu"}""", false, "gelu"),
            ("""{"feed_forward_proj": "gated-gelu", "dense_act_fn": "relu"}""", true, "relu"),
            ("""{"is_gated_act": true}""", true, "relu"),
        ];
        foreach (var (text, gated, activation) in layers)
        {
            var read = TinyLanguageModels.Read(text, T5Architecture.Read);
            Assert.Equal((gated, activation), (read.IsGated, read.ActivationName));
        }

        Assert.Equal(64, TinyLanguageModels.Read("""{"model_type": "blip-2", "text_config": {"model_type": "t5", "d_model": 64}}""", T5Architecture.Read).DModel);
        Assert.Equal(5, TinyLanguageModels.Read("""{"pad_token_id": 5}""", T5Architecture.Read).StartToken);
    }

    [Theory]
    [InlineData("""{"model_type": "llama"}""", "'model_type' is 'llama', no T5.")]
    [InlineData("""{"feed_forward_proj": "gated-"}""", "'feed_forward_proj' is ''")]
    [InlineData("""{"relative_attention_num_buckets": 3}""", "'relative_attention_num_buckets' is 3; the encoder looks both ways and needs 4.")]
    [InlineData("""{"relative_attention_max_distance": 16}""", "'relative_attention_max_distance' is 16, no further than the 16 distances that have a bias each.")]
    [InlineData("""{"decoder_start_token_id": 32128}""", "'decoder_start_token_id' is 32128, which a vocabulary of 32128 does not have.")]
    public void WhatCannotBeIsSaidAtItsKey(string config, string expected) =>
        Assert.Contains(expected, Assert.Throws<CheckpointException>(() => TinyLanguageModels.Read(config, T5Architecture.Read)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("", "shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight")]
    [InlineData("", "encoder.embed_tokens.weight")]
    [InlineData("", "decoder.embed_tokens.weight")]
    [InlineData("language_model.", "shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight")]
    [InlineData("t5_model.", "shared.weight", "encoder.embed_tokens.weight")]
    public void TheTableIsFoundWhereverAFileHoldsIt(string prefix, params string[] tables)
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        using var model = TinyLanguageModels.Build("flan_t5");
        folder.Write("config.json", Config);
        var parameters = model.Module.named_parameters().ToDictionary(pair => pair.name, pair => (Tensor)pair.parameter, StringComparer.Ordinal);
        var saved = parameters.Where(pair => pair.Key != "shared.weight").ToDictionary(pair => prefix + pair.Key, pair => pair.Value, StringComparer.Ordinal);
        foreach (var table in tables) saved.Add(prefix + table, parameters["shared.weight"].clone());
        saved.Add(prefix + "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight", ones(8, 2));
        if (prefix.Length > 0) saved.Add("query_tokens", ones(1, 4, 16));
        SafetensorsWriter.Write(Path.Combine(folder.Path, "model.safetensors"), saved);
        using var read = TinyLanguageModels.Build("flan_t5", options: new T5Options { Checkpoint = folder.Path });
        foreach (var (name, parameter) in read.Module.named_parameters()) Assert.True(parameter.allclose(parameters[name], 0, 0), name);
    }

    [Fact]
    public void RandomWeightsAreSpreadAsTheOfficialOnes()
    {
        using var model = TinyLanguageModels.Build("ul2", options: new T5Options
        {
            Architecture = new() { VocabSize = 500, DModel = 128, DKv = 32, DFf = 256, NumLayers = 1, NumHeads = 2, FeedForwardProj = "gated-silu", TieWordEmbeddings = false, InitializerFactor = 0.5 },
        });
        var weights = model.Module.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter, StringComparer.Ordinal);
        (string, double)[] deviations =
        [
            ("shared", 1),
            ("lm_head", 1),
            ("encoder.block.0.layer.0.SelfAttention.q", 1 / 64.0),
            ("encoder.block.0.layer.0.SelfAttention.k", 0.0884),
            ("decoder.block.0.layer.1.EncDecAttention.o", 0.125),
            ("decoder.block.0.layer.2.DenseReluDense.wo", 0.0625),
        ];
        foreach (var (name, expected) in deviations)
            Assert.Equal(0.5 * expected, Math.Sqrt(weights[$"{name}.weight"].square().mean().item<float>()), 0.05 * expected);
        Assert.Equal(0.5f, weights["encoder.final_layer_norm.weight"].mean().item<float>());
    }

    [Fact]
    public void InAMultimodalModelThePictureReachesTheAnswerThroughTheEncoder()
    {
        using var scope = NewDisposeScope();
        var languageModel = LanguageModelCatalog.All.Component("flan_t5", new T5Options { Architecture = TinyLanguageModels.T5("gated-gelu", tied: false, decoderLayers: null) });
        using var model = TinyModel.Build(TinyModel.Options(languageModel: languageModel), "image.input_projector");
        TinyModel.Loss(model, TinyModel.Batch()).backward();
        Assert.All(model.parameters().Where(parameter => parameter.requires_grad), parameter => Assert.True(parameter.grad!.abs().max().item<float>() > 0));
        Assert.All(model.LanguageModel.Module.parameters(), parameter => Assert.Null(parameter.grad));
    }
}
