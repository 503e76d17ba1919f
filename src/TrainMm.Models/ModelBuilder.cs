using TrainMm.Core;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Models.Encoders;
using TrainMm.Models.Fusion;
using TrainMm.Models.Fusion.Splice;
using TrainMm.Models.Generators;
using TrainMm.Models.InputProjectors;
using TrainMm.Models.InputProjectors.QFormer;
using TrainMm.Models.LanguageModels;
using TrainMm.Models.LanguageModels.None;
using TrainMm.Models.LanguageModels.Signals;
using TrainMm.Models.Layers;
using TrainMm.Models.OutputProjectors;
using TrainMm.Models.Peft;
using static TorchSharp.torch;

namespace TrainMm.Models;

/// <summary>
/// Builds a model from its options: the adapter first, which is the language model's factory of linear layers, then the language model,
/// then the encoders, the fusion, which says how wide soft tokens are, and the projectors, which learn that. Weights are read straight into their final type and place.
/// </summary>
public static class ModelBuilder
{
    /// <summary>Builds a model, everything frozen but the trained paths.</summary>
    /// <param name="options">The model's options.</param>
    /// <param name="device">Where it shall lie.</param>
    /// <param name="seed">The run's seed, for parameters that no checkpoint gives.</param>
    /// <param name="trainable">What the run trains; null is nothing. Ask it afterwards which of its paths met no parameter.</param>
    /// <exception cref="ConfigurationException">Parts do not fit together, or options do not fit the checkpoint; the line is named.</exception>
    /// <exception cref="CheckpointException">A checkpoint is damaged or does not hold the part.</exception>
    public static MultimodalModel Build(ModelOptions options, Device device, ulong seed, TrainablePaths? trainable = null)
    {
        var dtype = ComputeTypes.Resolve(options.Dtype, device);
        var trained = trainable ?? new TrainablePaths([]);
        var built = new Stack<IDisposable>();
        try
        {
            var kinds = new Dictionary<string, string>(StringComparer.Ordinal);
            var peft = options.Adapter?.Create(new PeftContext(seed, trained));
            var languageModel = BuildLanguageModel(options, new ModuleScope(PeftContext.Root, dtype, device, trained, peft, options.Quantization), seed);
            built.Push(languageModel);
            var signals = BuildSignals(options, languageModel.Spec, new ModuleScope(SignalRows.Root, dtype, device, trained), seed);
            if (signals is not null)
            {
                built.Push(signals);
                languageModel = new SignalLanguageModel(languageModel, signals);
                kinds[SignalRows.Root] = string.Join(", ", signals.Vocabulary.Ids.Select(pair => $"{pair.Key} {pair.Value.Length}"));
            }

            kinds[PeftContext.Root] = options.LanguageModel.Kind;
            if (peft is not null) kinds["adapter"] = options.Adapter!.Kind;
            var encoders = new Dictionary<string, IModalityEncoder>(StringComparer.Ordinal);
            foreach (var (modality, parts) in options.Modalities)
            {
                var encoder = parts.Encoder.Create(new EncoderContext(new ModuleScope($"{modality}.encoder", dtype, device, trained), seed));
                built.Push(encoder);
                CheckModality(parts, modality, encoder);
                encoders[modality] = encoder;
                kinds[$"{modality}.encoder"] = parts.Encoder.Kind;
            }

            var features = encoders.ToDictionary(pair => pair.Key, pair => pair.Value.Output, StringComparer.Ordinal);
            CheckLayers(options, languageModel);
            var fusion = options.Fusion.Create(new FusionContext(new ModuleScope("fusion", dtype, device, trained), languageModel, features, seed));
            built.Push(fusion);
            CheckAdapter(options, peft);
            if (fusion.Module is not null) kinds["fusion"] = options.Fusion.Kind;
            var modalities = new Dictionary<string, ModalityPath>(StringComparer.Ordinal);
            foreach (var (modality, parts) in options.Modalities)
            {
                CheckWidth(options, parts, fusion);
                var projector = parts.InputProjector.Create(new InputProjectorContext(
                    new ModuleScope($"{modality}.input_projector", dtype, device, trained), features[modality], fusion.MediaWidth, seed));
                built.Push(projector);
                modalities[modality] = new ModalityPath(encoders[modality], projector, fusion.PlacesFor(projector.TokensFor(features[modality])));
                kinds[$"{modality}.input_projector"] = parts.InputProjector.Kind;
            }

            var outputs = BuildOutputs(options, languageModel.Spec, path => new ModuleScope(path, dtype, device, trained), seed, built, kinds);
            return new MultimodalModel(languageModel, modalities, fusion, peft, kinds, dtype, device, signals, outputs);
        }
        catch
        {
            while (built.TryPop(out var part)) part.Dispose();
            throw;
        }
    }

    private static ILanguageModel BuildLanguageModel(ModelOptions options, ModuleScope scope, ulong seed)
    {
        var model = options.LanguageModel.Create(new LanguageModelContext(scope, seed));
        try
        {
            return scope.Peft?.Complete(model) ?? model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static SignalRows? BuildSignals(ModelOptions options, LanguageModelSpec spec, ModuleScope scope, ulong seed)
    {
        if (options.SignalTokens.Count == 0) return null;
        if (options.LanguageModel.Kind == NoLanguageModel.Kind) throw OptionSource.Error(options, nameof(options.SignalTokens), "are said by a language model, and there is none (model.language_model)");
        if (options.SignalTokens.Keys.Except(SignalVocabulary.Modalities, StringComparer.Ordinal).FirstOrDefault() is { } unknown)
            throw OptionSource.Error(options, nameof(options.SignalTokens), $"there are no signal tokens for '{unknown}'", Spelling.Hint(unknown, SignalVocabulary.Modalities, "known modalities"));
        return new SignalRows(new SignalVocabulary(options.SignalTokens, spec.VocabularySize), spec, scope, seed);
    }

    private static Dictionary<string, OutputPath> BuildOutputs(ModelOptions options, LanguageModelSpec spec, Func<string, ModuleScope> scopeOf, ulong seed, Stack<IDisposable> built, Dictionary<string, string> kinds)
    {
        var outputs = new Dictionary<string, OutputPath>(StringComparer.Ordinal);
        foreach (var (modality, parts) in options.Generation)
        {
            CheckWayOut(options, parts, modality);
            var generator = parts.Generator.Create(new GeneratorContext(scopeOf($"{modality}.generator"), seed));
            built.Push(generator);
            if (generator.Target.Modality != modality) throw OptionSource.Error(parts, nameof(parts.Generator), $"the generator of '{modality}' makes media of modality '{generator.Target.Modality}'", $"name the modality '{generator.Target.Modality}'");
            if (parts.OutputProjector is not null && generator.Module.parameters().Any(parameter => parameter.requires_grad)) throw OptionSource.Error(parts, nameof(parts.Generator), "a generator behind a language model is frozen, and 'trainable' names parameters of it", $"name {modality}.output_projector");
            if (parts.Sampling.Steps > generator.Sampler.MostSteps) throw OptionSource.Error(parts.Sampling, nameof(SamplingOptions.Steps), $"is {parts.Sampling.Steps}, and the generator's process has {generator.Sampler.MostSteps}");
            var layers = parts.OutputProjector is null ? [] : LayersOf(parts, spec);
            var projectors = new List<IOutputProjector>();
            foreach (var root in layers.Select((_, i) => layers.Length == 1 ? $"{modality}.output_projector" : $"{modality}.output_projector.{i}"))
            {
                projectors.Add(parts.OutputProjector!.Create(new OutputProjectorContext(scopeOf(root), options.SignalTokens[modality], spec.Width, generator.Conditioning, seed)));
                built.Push(projectors[^1]);
            }

            outputs[modality] = new OutputPath(layers, projectors, generator, parts.States, parts.ConditionDropout, parts.Sampling.Or(generator.Sampler));
            kinds[$"{modality}.generator"] = parts.Generator.Kind;
            if (parts.OutputProjector is { Kind: var kind }) kinds[$"{modality}.output_projector"] = kind;
        }

        return outputs;
    }

    /// <summary>The layers that an output projector reads, counted from the embeddings.</summary>
    private static int[] LayersOf(OutputPathOptions options, LanguageModelSpec spec)
    {
        int[] layers = [.. options.HiddenLayers.Select(layer => layer < 0 ? spec.Layers + 1 + layer : layer)];
        if (layers.Any(layer => layer < 0 || layer > spec.Layers))
            throw OptionSource.Error(options, nameof(options.HiddenLayers), $"a language model of {spec.Layers} layers has the hidden states 0 to {spec.Layers}, or -{spec.Layers + 1} to -1");
        if (layers.Distinct().Count() < layers.Length) throw OptionSource.Error(options, nameof(options.HiddenLayers), "names a layer twice");
        if (spec.LayersAreWider && layers.Any(layer => layer < spec.Layers))
            throw OptionSource.Error(options, nameof(options.HiddenLayers), "this language model's layers have another width than its embeddings and its last states, so only -1 can be read");
        return layers;
    }

    /// <summary>Behind a language model there are signal tokens and a projector of their states; a generator by itself has neither.</summary>
    private static void CheckWayOut(ModelOptions options, OutputPathOptions parts, string modality)
    {
        if (options.LanguageModel.Kind == NoLanguageModel.Kind)
        {
            if (parts.OutputProjector is not null) throw OptionSource.Error(parts, nameof(parts.OutputProjector), "leads from a language model's states, and there is none (model.language_model)", "leave it out to train the generator by itself");
            return;
        }

        if (!options.SignalTokens.ContainsKey(modality))
            throw OptionSource.Error(options, nameof(options.Generation), $"'{modality}' has no signal tokens that say what is to be made", $"signal_tokens: {{ {modality}: … }}");
        if (parts.OutputProjector is null)
            throw OptionSource.Error(options, nameof(options.Generation), $"'{modality}' has no output_projector, which brings the language model's states to the generator", "only with language_model: { kind: none } does a generator go without");
    }

    private static void CheckAdapter(ModelOptions options, IPeftMethod? peft)
    {
        if (peft is { NeedsMediaMask: true } && options.Fusion.Options is not SpliceOptions)
            throw OptionSource.Error(options, nameof(options.Adapter), $"a {options.Adapter!.Kind} acts where the media's soft tokens stand in the text, as only the fusion splice leaves them to it; {options.Fusion.Kind} does not", "lora goes with every fusion");
    }

    private static void CheckLayers(ModelOptions options, ILanguageModel languageModel)
    {
        if (!languageModel.Spec.TakesLayerFusion && options.Fusion.Options is not SpliceOptions)
        {
            var reason = languageModel.Spec.Layers == 0 ? "there is no language model" : $"{options.LanguageModel.Kind} has an encoder and a decoder";
            throw OptionSource.Error(options, nameof(options.Fusion), $"a {options.Fusion.Kind} acts within a decoder's layers, and {reason}", "splice goes with every language model");
        }
    }

    private static void CheckWidth(ModelOptions options, ModalityOptions parts, IFusion fusion)
    {
        if (fusion.MediaWidth == 0 && parts.InputProjector.Options is not QFormerOptions)
            throw OptionSource.Error(parts, nameof(parts.InputProjector), $"a {parts.InputProjector.Kind} leads to a language model's width, and there is no language model", $"language_model: {{ kind: {options.LanguageModel.Kind}, width: … }} says whose; a q_former does without");
    }

    private static void CheckModality(ModalityOptions options, string modality, IModalityEncoder encoder)
    {
        if (encoder.Input.Modality != modality)
            throw OptionSource.Error(options, nameof(options.Encoder), $"the encoder of '{modality}' takes media of modality '{encoder.Input.Modality}'", $"name the modality '{encoder.Input.Modality}'");
    }
}
