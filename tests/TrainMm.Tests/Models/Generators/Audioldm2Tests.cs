using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Models;
using TrainMm.Models.Generators.Audioldm2;
using TrainMm.Models.LanguageModels.Gpt2;
using TrainMm.Models.LanguageModels.T5;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Generators;

/// <summary>No reference case exists for AudioLDM 2: what is its own is compared with its definition, written out; T5, GPT-2, UNet, autoencoder and sampler have cases of their own.</summary>
public sealed class Audioldm2Tests
{
    /// <summary>Two numbers of float32 that were summed in another order.</summary>
    private const double Rounding = 1e-5;
    private const int Made = 3;

    [Fact]
    public void TheLossSeesNoPaddingAndOfGpt2sVectorsNothingBeyondTheirWidth()
    {
        using var scope = NewDisposeScope();
        using var generator = TinyAudioldm2.Create(TinyAudioldm2.Yaml());
        var condition = generator.Condition(TinyAudioldm2.Captions()).detach().requires_grad_();
        Assert.Equal(new FeatureSpec(Made + TinyAudioldm2.Tokens, 10), generator.Conditioning);
        generator.Loss(condition, generator.Encode(Spectrograms()), [11, 12]).sum().backward();
        Assert.Equal([true, true, true, true, true, true, false, false, false], Reached(condition.grad![0]));
        Assert.Equal([true, true, true, true, true, true, true, true, false], Reached(condition.grad[1]));
        Assert.Equal(0, condition.grad.narrow(1, 0, Made).narrow(2, 8, 2).abs().max().item<float>());

        static bool[] Reached(Tensor gradient) => gradient.abs().amax([1]).gt(0).data<bool>().ToArray();
    }

    /// <summary>Section 3.3 without padding and without a cache: the whole text is read anew for each vector.</summary>
    [Fact]
    public void TheConditionIsItsDefinition()
    {
        using var scope = NewDisposeScope();
        using var generator = TinyAudioldm2.Create(TinyAudioldm2.Yaml(), ScalarType.Float64);
        var condition = generator.Condition(TinyAudioldm2.Captions());
        var weights = generator.Module.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.detach(), StringComparer.Ordinal);
        var part = new ModuleScope("gpt2", ScalarType.Float64, CPU);
        using var prior = new Gpt2LanguageModel(new Gpt2Architecture { VocabSize = 3, NEmbd = 8, NLayer = 2, NHead = 2, NPositions = 24 }, part);
        foreach (var (name, parameter) in part.Parameters) parameter.detach().copy_(weights[name.Replace("transformer.", "language_model.", StringComparison.Ordinal)]);
        for (var row = 0; row < 2; row++)
        {
            var words = row == 0 ? 3 : 5;
            var (sound, states) = Read(generator, TinyAudioldm2.Captions().narrow(0, row, 1), words);
            var text = cat(
                [
                    Mark("sos_embed"), Projected(sound.unsqueeze(1), "projection"), Mark("eos_embed"),
                    Mark("sos_embed_1"), Projected(states, "projection_1"), Mark("eos_embed_1"),
                ],
                1);
            for (var i = 0; i < Made; i++) text = cat([text, prior.Decode(text, new DecoderInput()).narrow(1, text.shape[1] - 1, 1)], 1);

            var expected = zeros(Made + TinyAudioldm2.Tokens, 10, ScalarType.Float64);
            expected.narrow(0, 0, Made).narrow(1, 0, 8).copy_(text[0].narrow(0, words + 5, Made));
            expected.narrow(0, Made, words).copy_(states[0]);
            Assert.True(condition[row].sub(expected).abs().max().item<double>() < 1e-12);
            Assert.Equal(0, condition[row].narrow(0, Made + words, TinyAudioldm2.Tokens - words).abs().max().item<double>());
        }

        Tensor Mark(string name) => weights[$"projection_model.{name}"].reshape(1, 1, 8);

        Tensor Projected(Tensor x, string name) => x.matmul(weights[$"projection_model.{name}.weight"].t()).add(weights[$"projection_model.{name}.bias"]);
    }

    [Fact]
    public void HowMuchPaddingThereIsChangesNothing()
    {
        using var scope = NewDisposeScope();
        using var few = TinyAudioldm2.Create(TinyAudioldm2.Yaml(tokens: 5));
        using var many = TinyAudioldm2.Create(TinyAudioldm2.Yaml(tokens: 11));
        var (one, other) = (few.Condition(TinyAudioldm2.Captions(5)), many.Condition(TinyAudioldm2.Captions(11)));
        Assert.True(one.sub(other.narrow(1, 0, Made + 5)).abs().max().item<float>() < Rounding);
        Assert.Equal(0, other.narrow(1, Made + 5, 6).abs().max().item<float>());
        var encoded = few.Encode(Spectrograms());
        Assert.True(few.Loss(one, encoded, [1, 2]).sub(many.Loss(other, encoded, [1, 2])).abs().max().item<float>() < Rounding);
    }

    [Fact]
    public void ItMakesSoundsOfThePublishedRateAndOfNoMoreThanOne()
    {
        using var scope = NewDisposeScope();
        using var generator = TinyAudioldm2.Create(TinyAudioldm2.Yaml());
        Assert.Equal((16_000, new SamplerSpec(200, 3.5, 1000)), (generator.Rate, generator.Sampler));
        var sounds = generator.Sample(new SampleRequest(generator.Condition(TinyAudioldm2.Captions()), [3, 4], Steps: 2, GuidanceScale: 1));
        Assert.Equal([2, 32], sounds.shape);
        Assert.InRange(sounds.abs().max().item<float>(), 0, 1);
    }

    [Fact]
    public void AFolderInDiffusersLayoutIsRead()
    {
        using var scope = NewDisposeScope();
        using var folder = new TempFolder();
        using var made = TinyAudioldm2.Create(TinyAudioldm2.Yaml());
        TinyAudioldm2.Write(folder, made);
        using var read = TinyAudioldm2.Create($"checkpoint: {folder.Path}, {TinyAudioldm2.Rest()}, frames: 12, long_clips: cut");
        Assert.Equal(new CaptionSpec(Path.Combine(folder.Path, "tokenizer"), 6, 20, 1, new(Path.Combine(folder.Path, "tokenizer_2"), 6, 20, 0)), read.Captions);
        Assert.Equal(new VocoderMelSpec(16_000, 32, 4, 8, 4, Level: true), made.Target);
        Assert.Equal(new VocoderMelSpec(16_000, 48, 4, 8, 4, Level: true, LongClips.Cut), read.Target);
        Assert.Equal(FrozenHash.Of(made.Module), FrozenHash.Of(read.Module));
        var condition = read.Condition(TinyAudioldm2.Captions());
        Assert.True(condition.equal(made.Condition(TinyAudioldm2.Captions())).item<bool>());
        Assert.Equal([2, 48], read.Sample(new(condition, [1, 2], Steps: 2, GuidanceScale: 1)).shape);
    }

    [Theory]
    [InlineData("fft_length: 8", "fft_length: 8, frames: 7", "error: frames: is 7, no multiple of 2")]
    [InlineData("fft_length: 8", "fft_length: 3", "error: fft_length: is 3: a window is at least as long as the 4 samples of a frame")]
    [InlineData("fft_length: 8", "fft_length: 80", "error: fft_length: is 80")]
    [InlineData("fft_length: 8", "fft_length: 8, eta: 1", "error: eta: is for the sampler ddim alone")]
    [InlineData("caption_tokens: 6", "caption_tokens: 13", "error: caption_tokens: is 13, CLAP's text tower takes 12")]
    [InlineData("n_positions: 24", "n_positions: 12", "error: caption_tokens: is 6, which with 5 marks and 3 vectors is more than the 12 positions")]
    [InlineData("[0, 8, 10]", "[0, 8]", "error: architecture.unet: sees conditions of 8, language_model and t5 give 8 and 10")]
    [InlineData("latent_channels: 2", "latent_channels: 4", "error: architecture.unet: takes 2 channels and gives 2, the latents have 4")]
    [InlineData("model_in_dim: 4", "model_in_dim: 5", "error: architecture.vocoder: takes 5 mel bins, no multiple of 2")]
    public void WhatDoesNotFitIsAnErrorThatNamesIt(string option, string other, string expected)
    {
        var yaml = TinyAudioldm2.Yaml();
        Assert.Contains(option, yaml, StringComparison.Ordinal);
        Assert.Contains(expected, Assert.Throws<ConfigurationException>(() => TinyAudioldm2.Create(yaml.Replace(option, other, StringComparison.Ordinal))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("projection_model", """{"text_encoder_dim": 7}""", "'text_encoder_dim' is 7, the part beside it has 6")]
    [InlineData("projection_model", """{"use_learned_position_embedding": true}""", "'use_learned_position_embedding' is given")]
    [InlineData("text_encoder", """{"model_type": "clip", "text_config": {}}""", "'model_type' is 'clip', no CLAP")]
    [InlineData("text_encoder", """{"model_type": "clap", "text_config": {"type_vocab_size": 2}}""", "'text_config.type_vocab_size' is 2")]
    [InlineData("text_encoder_2", """{"model_type": "vits"}""", "'model_type' is 'vits', no T5")]
    public void AFolderOfOtherPartsIsRefused(string part, string config, string expected)
    {
        using var scope = NewDisposeScope();
        using var folder = new TempFolder();
        using (var made = TinyAudioldm2.Create(TinyAudioldm2.Yaml())) TinyAudioldm2.Write(folder, made);
        folder.Write($"{part}/config.json", config);
        Assert.Contains(expected, Assert.Throws<CheckpointException>(() => TinyAudioldm2.Create($"checkpoint: {folder.Path}, {TinyAudioldm2.Rest()}")).Message, StringComparison.Ordinal);
    }

    /// <summary>CLAP's vector and T5's states of a caption without its padding, by the generator's own parts.</summary>
    private static (Tensor Sound, Tensor States) Read(Audioldm2Generator generator, Tensor caption, int words)
    {
        var parts = generator.named_children().ToDictionary(pair => pair.name, pair => pair.module, StringComparer.Ordinal);
        var sound = ((TrainMm.Models.Encoders.ClapText.ClapTextModel)parts["text_encoder"]).Forward(caption.narrow(1, 0, words));
        var ids = caption.narrow(1, TinyAudioldm2.Tokens, words);
        return (sound, ((T5TextEncoder)parts["text_encoder_2"]).Forward(ids, ones_like(ids, ScalarType.Bool)));
    }

    private static Tensor Spectrograms() => TinyGenerator.Media("audioldm2");
}
