using System.Text.Json.Nodes;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Models.Generators;
using TrainMm.Models.Generators.Diffusion.Vae;
using TrainMm.Models.Generators.StableDiffusion;
using TrainMm.Models.Layers;
using TrainMm.Torch;
using TrainMm.Training.Checkpoints;
using TrainMm.Training.Loop;
using TrainMm.Training.Parts;
using static TorchSharp.torch;

namespace TrainMm.Training.Exports;

/// <summary>
/// A generator that was trained by itself, in the folders in which diffusers publishes a Stable Diffusion: <c>unet</c>, <c>vae</c>, <c>text_encoder</c>, <c>scheduler</c>, <c>tokenizer</c>. Where the run trained the autoencoder,
/// <c>scaling_factor</c> becomes what brings its latents to a standard deviation of 1 (arXiv:2112.10752, appendix G); where it trained the text encoder by <c>caption_contrast</c>, its projection is beside it.
/// </summary>
internal static class DiffusersExport
{
    private const string Weights = "diffusion_pytorch_model.safetensors";
    private const string TextWeights = "model.safetensors";
    private const string Contrast = "caption_contrast";
    private const int MeasuredMedia = 512;
    private const int MediaAtOnce = 32;

    /// <summary>Writes the folder and reads it back.</summary>
    /// <exception cref="UserException">The run has not ended, it trained no generator, the output folder is not empty, or what was written reads back otherwise.</exception>
    public static ExportResult Run(ExportRequest request)
    {
        Runtime.Initialize(request.Options.Threads ?? 0);
        var directory = new RunDirectory(request.RunDirectory);
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var (model, data) = FinishedRun.Load(request.Options, directory, needsLanguageModel: false);
        using var loaded = model;
        var (modality, generator) = GeneratorOf(request.Options, model);
        var dtype = request.Dtype is { } wanted ? ComputeTypes.Resolve(wanted, CPU) : model.Dtype;
        var parts = new TrainedParts(directory.Final);
        var root = $"{modality}.generator.";
        var scale = parts.Others().Any(name => name.StartsWith($"{root}vae.", StringComparison.Ordinal)) ? MeasuredScale(data, modality, generator) : generator.Sizes.Vae.ScalingFactor;
        var projection = parts.OfObjective(Contrast).GetValueOrDefault("text_projection.weight");

        var folder = ExportFolder.Create(request.OutputFolder);
        WriteConfigs(folder.Path, generator, scale, projection);
        var tokenizer = Directory.CreateDirectory(Path.Combine(folder.Path, "tokenizer")).FullName;
        TokenizerFiles.Copy(generator.Captions.Tokenizer!, tokenizer);
        WritePart("unet", Weights);
        WritePart("vae", Weights);
        WritePart("text_encoder", TextWeights, projection is null ? [] : [KeyValuePair.Create("text_projection.weight", projection)]);
        var comparison = request.Verify ? Verify(generator, folder.Path, dtype) : null;
        if (comparison is { Agrees: false }) throw new CheckpointException($"What was written reads back as another generator: a number differs by {comparison.LargestError:G3}. It is left as {folder.Path}.");
        var final = folder.Complete();
        return new ExportResult(final, FilesOf(final), [], comparison);

        void WritePart(string part, string file, params IEnumerable<KeyValuePair<string, Tensor>> more)
        {
            var tensors = generator.Module.named_parameters().Where(pair => pair.name.StartsWith($"{part}.", StringComparison.Ordinal))
                .Select(pair => KeyValuePair.Create(pair.name[(part.Length + 1)..], (Tensor)pair.parameter)).Concat(more);
            SafetensorsWriter.Write(Path.Combine(folder.Path, part, file), tensors.ToDictionary(pair => pair.Key, pair => pair.Value.to_type(dtype), StringComparer.Ordinal));
        }
    }

    private static (string Modality, StableDiffusionGenerator Generator) GeneratorOf(RunOptions options, MultimodalModel model)
    {
        var made = model.Outputs.Where(pair => pair.Value.Projectors.Count == 0).Select(pair => (pair.Key, pair.Value.Generator as StableDiffusionGenerator)).ToArray();
        return made is [(var modality, { } generator)]
            ? (modality, generator)
            : throw OptionSource.Error(options.Model, nameof(ModelOptions.Generation), "diffusers holds a stable_diffusion that was trained by itself, without a language model, and nothing else", "a generator behind a language model is frozen: its folder is the run's own checkpoint");
    }

    /// <summary>1 / the standard deviation of the latents' means over the first media that the run trained on.</summary>
    private static double MeasuredScale(DataAssembly data, string modality, StableDiffusionGenerator generator)
    {
        using var set = data.OpenTraining(_ => { });
        var means = new List<Tensor>();
        for (var first = 0; first < Math.Min(MeasuredMedia, set.Source.Count); first += MediaAtOnce)
        {
            using var batch = set.Batches.LoadSamples([.. Enumerable.Range(first, Math.Min(MediaAtOnce, set.Source.Count - first))]);
            if (batch.Signals.TryGetValue(modality, out var signals)) means.Add(new LatentPosterior(generator.Encode(signals.Targets!)).Mean);
        }

        return Math.Round(1 / cat([.. means], 0).std().item<float>(), 4);
    }

    private static void WriteConfigs(string folder, StableDiffusionGenerator generator, double scale, Tensor? projection)
    {
        var sizes = generator.Sizes;
        var vae = Named(ModelConfigs.Serialized(sizes.Vae), "_class_name", "AutoencoderKL");
        vae["scaling_factor"] = scale;
        var text = Named(ModelConfigs.Serialized(sizes.TextEncoder), "model_type", "clip_text_model");
        text["architectures"] = new JsonArray(projection is null ? "CLIPTextModel" : "CLIPTextModelWithProjection");
        if (projection is not null) text["projection_dim"] = projection.shape[0];
        Write("unet", "config.json", Single(Named(ModelConfigs.Serialized(sizes.Unet), "_class_name", "UNet2DConditionModel")));
        Write("vae", "config.json", vae);
        Write("text_encoder", "config.json", text);
        Write("scheduler", "scheduler_config.json", Named(ModelConfigs.Serialized(sizes.Scheduler), "_class_name", "DDIMScheduler"));
        JsonFile.Write(Path.Combine(folder, "model_index.json"), Index());

        void Write(string part, string file, JsonObject config)
        {
            Directory.CreateDirectory(Path.Combine(folder, part));
            JsonFile.Write(Path.Combine(folder, part, file), config);
        }
    }

    private static JsonObject Index() => new()
    {
        ["_class_name"] = "StableDiffusionPipeline",
        ["scheduler"] = new JsonArray("diffusers", "DDIMScheduler"),
        ["text_encoder"] = new JsonArray("transformers", "CLIPTextModel"),
        ["tokenizer"] = new JsonArray("transformers", "PreTrainedTokenizerFast"),
        ["unet"] = new JsonArray("diffusers", "UNet2DConditionModel"),
        ["vae"] = new JsonArray("diffusers", "AutoencoderKL"),
    };

    private static JsonObject Named(JsonObject config, string key, string name)
    {
        config[key] = name;
        return config;
    }

    /// <summary>A list of one number, which holds for every block here, as the number itself: diffusers takes a list for one number a block. What diffusers has no name for is left out where it says nothing.</summary>
    private static JsonObject Single(JsonObject config)
    {
        foreach (var key in (string[])["layers_per_block", "cross_attention_dim", "transformer_layers_per_block", "attention_head_dim"])
            if (config[key] is JsonArray { Count: 1 } list) config[key] = list[0]!.DeepClone();
        if (config["transformer_conditions"] is JsonArray { Count: 0 }) config.Remove("transformer_conditions");
        return config;
    }

    /// <summary>Reads the folder into a fresh generator, each of whose numbers must be the run's, rounded to the files' type.</summary>
    private static LogitComparison Verify(StableDiffusionGenerator generator, string folder, ScalarType dtype)
    {
        var scope = new ModuleScope("read", dtype, CPU);
        using var read = StableDiffusionGenerator.Create(new StableDiffusionOptions { Checkpoint = folder }, new GeneratorContext(scope, Seed: 0));
        var pairs = generator.Module.named_parameters().Join(read.Module.named_parameters(), mine => mine.name, theirs => theirs.name, (mine, theirs) => (Mine: mine.parameter, Theirs: theirs.parameter), StringComparer.Ordinal).ToArray();
        var errors = pairs.Select(pair => pair.Mine.to_type(dtype).sub(pair.Theirs).abs().max().to_type(float32).item<float>());
        return new LogitComparison(errors.Max(), pairs.Max(pair => pair.Mine.abs().max().to_type(float32).item<float>()), Tolerance: 0) { Of = "number" };
    }

    private static List<KeyValuePair<string, long>> FilesOf(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(path => KeyValuePair.Create(Path.GetRelativePath(folder, path), new FileInfo(path).Length)).OrderBy(pair => pair.Key, StringComparer.Ordinal)];
}
